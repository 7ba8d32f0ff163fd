import { describe, expect, test } from 'vitest'

import { appendRows, rowsOf } from '../../../shared/delta/dml/index.js'
import { createTable, type DeltaTable, findTables } from '../../../shared/delta/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import { LakeCatalog } from '../../../shared/query/catalog/lakeCatalog.js'
import { referencesIn } from '../../../shared/query/catalog/tableReferences.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import type { StructType } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../../pipeline/silver/silverFixture.js'

async function catalogOf(f: SilverFixture, session: DuckDbSession): Promise<LakeCatalog> {
  return Promise.resolve(
    new LakeCatalog({ session, cache: f.lake.files, streams: f.lake.streams, table: path => f.lake.table(path) }),
  )
}

describe('the lake as SQL', () => {
  test('only the tables that a query names are opened', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }, { error: 'NOT_JSON' }]])
    await refineSilver(f.lake, events)
    await using session = await DuckDbSession.open()
    using catalog = await catalogOf(f, session)
    const sql = 'WITH q AS (SELECT * FROM Silver."Events") SELECT event_id, value FROM q'
    expect((await catalog.prepare(sql)).opened).toEqual(['silver.events'])
    expect((await session.query(sql)).rows).toEqual([{ event_id: 'a', value: 1 }])
    expect((await catalog.prepare('EXPLAIN SELECT 1')).opened).toEqual([
      'bronze.events',
      'silver.events',
      'bronze.events_quarantine',
    ])
  })

  test.each(['SELEC * FROM silver.events', 'SELECT * FROM `silver`.events', 'SELECT 1; SELEC', "SELECT 'a"])(
    '%s is a syntax error, whether or not the lake can be reached',
    async sql => {
      await using session = await DuckDbSession.open()
      const table = (path: string): DeltaTable => {
        throw new Error(`${path} cannot be reached`)
      }
      await using f = await SilverFixture.open()
      using catalog = new LakeCatalog({ session, cache: f.lake.files, streams: f.lake.streams, table })
      const run = async () => session.query((await catalog.prepare(sql)).sql)
      await expect(run()).rejects.toMatchObject({
        code: 'QUERY_BAD_SQL',
        message: expect.stringMatching(/syntax error|unterminated/) as string,
      })
    },
  )

  test('a table that does not exist is an error of the query, not of the catalog', async () => {
    await using f = await SilverFixture.open()
    await using session = await DuckDbSession.open()
    using catalog = await catalogOf(f, session)
    const sql = 'SELECT * FROM monitor_logs ORDER BY run_time DESC'
    expect((await catalog.prepare(sql)).opened).toEqual([])
    await expect(session.query(sql)).rejects.toMatchObject({ code: 'QUERY_BAD_SQL' })
  })

  test('quarantine is empty before bronze exists, and holds errors but no tombstones after', async () => {
    await using f = await SilverFixture.open()
    await using session = await DuckDbSession.open()
    const sql = 'SELECT _offset, _error_code FROM bronze.events_quarantine'
    using empty = await catalogOf(f, session)
    await empty.prepare(sql)
    expect((await session.query(sql)).rows).toEqual([])
    await f.bronze([[{ id: 'a' }, { error: 'NOT_JSON', offset: 7n }, { tombstone: true }]])
    await using later = await DuckDbSession.open()
    using catalog = await catalogOf(f, later)
    await catalog.prepare(sql)
    expect((await later.query(sql)).rows).toEqual([{ _offset: 7n, _error_code: 'NOT_JSON' }])
  })

  test('names are found wherever a query can have them', async () => {
    await using session = await DuckDbSession.open()
    const names = async (sql: string) =>
      (await referencesIn(session, sql))
        ?.map(found => (found.kind === 'name' ? found.parts.join('.') : found.place))
        .toSorted()
    expect(await names('SELECT * FROM a.b JOIN c USING (x) WHERE y IN (SELECT z FROM D.e)')).toEqual([
      'D.e',
      'a.b',
      'c',
    ])
    expect(await names('SUMMARIZE bronze.events')).toEqual(['bronze.events'])
    expect(await names('DESCRIBE monitor_logs')).toEqual(['monitor_logs'])
    expect(await names('SHOW TABLES')).toBeUndefined()
    expect(await names('SELECT * FROM duckdb_tables()')).toBeUndefined()
    expect(await names('not sql')).toEqual([])
  })
})

/** A table with one row a version: `n` is the version. */
async function counted(f: SilverFixture, path: string, versions: number): Promise<DeltaTable> {
  const table = f.lake.table(path)
  const schema: StructType = { type: 'struct', fields: [{ name: 'n', type: 'long', nullable: true, metadata: {} }] }
  await table.commit(createTable({ schema, createdTime: f.clock.now() }))
  for (let n = 1; n <= versions; n++) {
    f.clock.advance(60_000)
    await appendRows(table, [rowsOf(schema, [{ n: BigInt(n) }])])
  }
  return table
}

async function rowsIn(
  f: SilverFixture,
  sql: string,
  places: Readonly<Record<string, string>> = {},
): Promise<readonly unknown[]> {
  await using session = await DuckDbSession.open()
  using catalog = new LakeCatalog({
    session,
    cache: f.lake.files,
    streams: f.lake.streams,
    table: path => f.lake.table(path),
    openPlace: place => Promise.resolve(f.lake.table(places[place] ?? place)),
  })
  const prepared = await catalog.prepare(sql)
  return (await session.query(prepared.sql)).rows.map(row => Object.values(row).map(String).join())
}

describe('any table of the lake', () => {
  test('is known by the name of its path, at any depth and with any letters', async () => {
    await using f = await SilverFixture.open()
    for (const [i, path] of ['plain', 'sales/eu', 'sales/eu2/north', 'Sälés/ta.ble', 'sales/[a]*'].entries())
      await counted(f, path, i + 1)
    expect(await rowsIn(f, 'SELECT count(*) FROM plain')).toEqual(['1'])
    expect(await rowsIn(f, 'SELECT count(*) FROM sales.eu AS e JOIN plain USING (n)')).toEqual(['1'])
    expect(await rowsIn(f, 'SELECT max(north.n) FROM sales.eu2.north')).toEqual(['3'])
    expect(await rowsIn(f, 'SELECT max(n) FROM "sales/eu2".north')).toEqual(['3'])
    expect(await rowsIn(f, 'SELECT max(n) FROM Sälés."ta.ble"')).toEqual(['4'])
    expect(await rowsIn(f, 'SELECT max(n) FROM sales."[a]*"')).toEqual(['5'])
    expect(await rowsIn(f, 'FROM (PIVOT sales.eu ON n USING count(*))')).toEqual(['1,1'])
    await expect(rowsIn(f, 'SELECT * FROM sales.us')).rejects.toMatchObject({ code: 'QUERY_BAD_SQL' })
    for (const name of ['".."."x"', 'sales."_delta_log"', '"a//b"'])
      await expect(rowsIn(f, `SELECT * FROM ${name}`)).rejects.toMatchObject({ code: 'QUERY_BAD_SQL' })
  })

  test('is found by the walk that lists them, which looks into none of them', async () => {
    await using f = await SilverFixture.open()
    for (const path of ['plain', 'sales/eu', 'sales/eu2/north']) await counted(f, path, 1)
    await f.lake.store.put('models/anomaly/champion.json', new Uint8Array())
    await f.lake.store.put('plain/inner/_delta_log/00000000000000000000.json', new Uint8Array())
    expect(await findTables(f.lake.store)).toEqual(['plain', 'sales/eu', 'sales/eu2/north'])
  })

  test('is read as it was at a version or a time, beside what it is now', async () => {
    await using f = await SilverFixture.open()
    const [, second] = await (await counted(f, 'sales/eu', 3)).history()
    const time = new Date(second?.timestamp ?? NaN).toISOString()
    expect(await rowsIn(f, 'SELECT max(n), count(*) FROM sales.eu AT (VERSION => 1)')).toEqual(['1,1'])
    expect(await rowsIn(f, `SELECT max(eu.n) FROM sales.eu AT (TIMESTAMP => '${time}')`)).toEqual(['2'])
    expect(
      await rowsIn(f, 'SELECT max(old.n), max(eu.n) FROM sales.eu old AT (VERSION => 2), sales.eu /* now */'),
    ).toEqual(['2,3'])
    expect(
      await rowsIn(f, "SELECT 'é', max(n) FROM sales.eu AT (VERSION => 1) WHERE 'AT (VERSION => 9)' <> 'é'"),
    ).toEqual(['é,1'])
    expect(
      await rowsIn(
        f,
        'WITH q AS (SELECT * FROM sales.eu AT (VERSION => 2)) SELECT count(*) FROM q UNION ALL SELECT count(*) FROM sales.eu',
      ),
    ).toEqual(['2', '3'])
    await expect(rowsIn(f, 'SELECT * FROM sales.eu AT (VERSION => 9)')).rejects.toMatchObject({
      code: 'DELTA_NO_VERSION',
    })
    await expect(rowsIn(f, 'SELECT * FROM sales.us AT (VERSION => 1)')).rejects.toMatchObject({
      code: 'QUERY_NO_TABLE',
    })
    await expect(rowsIn(f, 'SELECT * FROM sales.eu AT (VERSION => -1)')).rejects.toThrow(/whole number from 0/)
    await expect(rowsIn(f, "SELECT * FROM sales.eu AT (TIMESTAMP => 'soon')")).rejects.toThrow(/"soon" is no time/)
    await expect(rowsIn(f, 'SELECT * FROM bronze.events_quarantine AT (VERSION => 1)')).rejects.toThrow(
      /a view and has no versions/,
    )
  })

  test('and one anywhere else by delta()', async () => {
    await using f = await SilverFixture.open()
    await counted(f, 'far/away', 3)
    const places = { 'https://x/é': 'far/away' }
    expect(await rowsIn(f, "SELECT max(delta.n) FROM delta('https://x/é')", places)).toEqual(['3'])
    expect(
      await rowsIn(
        f,
        "SELECT max(d.n), max(e.n) FROM delta('https://x/é', version => 2) AS d, delta('far/away', version => 1) e",
        places,
      ),
    ).toEqual(['2,1'])
    await expect(rowsIn(f, "SELECT * FROM delta('https://x/é', versoin => 2)", places)).rejects.toThrow(
      /no argument versoin/,
    )
    await expect(rowsIn(f, 'SELECT * FROM delta(1)', places)).rejects.toThrow(/path or URL as text/)
    await expect(rowsIn(f, "SELECT * FROM delta('nowhere')", places)).rejects.toMatchObject({ code: 'QUERY_NO_TABLE' })
  })
})
