import { existsSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'

describe('values of a query', () => {
  test('no digit is lost, and every type is the project’s own', async () => {
    await using session = await DuckDbSession.open({ threads: 1 })
    const { fields, rows } = await session.query(`SELECT 9223372036854775807::BIGINT AS l, 12.30::DECIMAL(38, 2) AS d,
      TIMESTAMPTZ '2025-04-01 17:37:57.123456+02' AS t, TIMESTAMP '1969-12-31 23:59:59.999999' AS n, TIMESTAMP_NS '1969-12-31 23:59:59.9999999' AS ns,
      DATE '1969-12-31' AS dt, 'ab'::BLOB AS b, [1, NULL]::INTEGER[] AS a, {'x': 1.5::DOUBLE, 'y': NULL::VARCHAR} AS s,
      MAP {'k': 1::SMALLINT} AS m, sum(1)::HUGEINT AS h, uuid '00000000-0000-0000-0000-000000000001' AS u, 'nan'::FLOAT AS f, NULL AS z`)
    expect(rows).toEqual([
      {
        l: 9223372036854775807n,
        d: 1230n,
        t: 1743521877123456n,
        n: -1n,
        ns: -1n,
        dt: -1,
        b: new Uint8Array([97, 98]),
        a: [1, null],
        s: { x: 1.5, y: null },
        m: [{ key: 'k', value: 1 }],
        h: 1n,
        u: '00000000-0000-0000-0000-000000000001',
        f: NaN,
        z: null,
      },
    ])
    expect(fields.map(f => f.type).slice(0, 4)).toEqual([
      'long',
      { type: 'decimal', precision: 38, scale: 2 },
      'timestamp',
      'timestamp_ntz',
    ])
  })

  test('IS DISTINCT FROM beside another comparison finds rows in files whose column is null throughout', async () => {
    await using session = await DuckDbSession.open({ threads: 1 })
    for (const [name, values] of [
      ['nulls', '(NULL, 1)'],
      ['some', '(1, 2), (NULL, 3)'],
    ] as const)
      await session.run(
        `COPY (SELECT a::INTEGER AS a, id FROM (VALUES ${values}) v(a, id)) TO '${session.folder}/${name}.parquet'`,
      )
    await session.run("SET disabled_optimizers = 'build_side_probe_side'")
    for (const condition of [
      'a IS DISTINCT FROM 1 OR a > 3',
      'NOT (a is not\ndistinct  from 1) OR a = 3',
      'a IS DISTINCT FROM 5 OR a > 5 OR id < 0',
    ]) {
      const { rows } = await session.query(
        `SELECT id FROM '${session.folder}/*.parquet' WHERE a IS NULL AND (${condition}) ORDER BY id`,
      )
      expect([condition, rows]).toEqual([condition, [{ id: 1 }, { id: 3 }]])
    }
    const { setting } = await session.row("SELECT current_setting('disabled_optimizers') AS setting")
    expect(setting).toBe('build_side_probe_side')
  })

  test('two columns of one name are both there', async () => {
    await using session = await DuckDbSession.open()
    expect(await session.row('SELECT 1 AS a, 2 AS a, 3 AS a_1')).toEqual({ a: 1, a_1: 2, a_1_1: 3 })
  })

  test('a stream gives a large result in pieces', async () => {
    await using session = await DuckDbSession.open({ memoryLimit: 64 * 2 ** 20 })
    const { batches } = await session.stream('SELECT r FROM range(100000) t(r)')
    let [rows, pieces] = [0, 0]
    for await (const batch of batches) {
      rows += batch.length
      pieces++
    }
    expect(rows).toBe(100_000)
    expect(pieces).toBeGreaterThan(10)
  })

  test('memory and what is spilled have their limits', async () => {
    await using session = await DuckDbSession.open({ memoryLimit: 48 * 2 ** 20, temporaryLimit: 64 * 2 ** 20 })
    const limits = await session.row(
      "SELECT current_setting('memory_limit') AS memory, current_setting('max_temp_directory_size') AS spilled",
    )
    expect(limits).toEqual({ memory: '48.0 MiB', spilled: '64.0 MiB' })
  })

  test('errors say whose fault they are, and the folder goes with the session', async () => {
    const session = await DuckDbSession.open()
    await expect(session.run('SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 'QUERY_BAD_SQL',
      retryable: false,
    })
    await expect(session.query("SELECT CAST('x' AS INTEGER)")).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    expect(existsSync(session.folder)).toBe(true)
    await session.close()
    expect(existsSync(session.folder)).toBe(false)
  })
})

describe('results whose last piece is one row', () => {
  test.each([1, 2048, 2049, 4097])('%i rows come whole, one by one in order', async count => {
    await using session = await DuckDbSession.open()
    const { rows } = await session.query(
      `SELECT range::INTEGER AS i, [range] AS l, {'x': range::VARCHAR} AS s FROM range(${count})`,
    )
    expect(rows.map(row => row['i'])).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(rows.at(-1)).toEqual({ i: count - 1, l: [BigInt(count - 1)], s: { x: String(count - 1) } })
  })
})
