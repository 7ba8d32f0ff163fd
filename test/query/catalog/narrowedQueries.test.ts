import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTable, DeltaTable, readsNothing, type Snapshot, writeDataFile } from '../../../shared/delta/index.js'
import { LakeCatalog, preparedRows } from '../../../shared/query/catalog/index.js'
import { DuckDbSession, FileCache, openDeltaView } from '../../../shared/query/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { StructField, StructType } from '../../../shared/types/index.js'
import { randomColumn } from '../../parquet/randomColumns.js'
import { Random, seedNote } from '../../random.js'
import { type DataReads, farStore } from '../scan/farStore.js'

const field = (name: string, type: StructField['type']): StructField => ({ name, type, nullable: true })

const schemas: Readonly<Record<string, StructType>> = {
  'sales/eu': {
    type: 'struct',
    fields: [
      field('id', 'long'),
      field('n', 'integer'),
      field('x', 'double'),
      field('s', 'string'),
      field('day', 'date'),
      field('ts', 'timestamp'),
      field('t', { type: 'struct', fields: [field('a', 'long'), field('b', 'string')] }),
      field('l', { type: 'array', elementType: 'integer', containsNull: true }),
      field('p', 'string'),
    ],
  },
  'sales/kinds': {
    type: 'struct',
    fields: [field('id', 'long'), field('k', 'string'), field('n', 'integer'), field('odd"name', 'string')],
  },
}

interface Lake {
  readonly table: (path: string) => DeltaTable
  readonly reads: DataReads
}

/** Two tables of several files, each of several row groups with ascending ids. */
async function randomLake(random: Random): Promise<Lake> {
  const reads = { bytes: 0 }
  const store = farStore(new MemoryStore(), reads)
  const tables = new Map<string, DeltaTable>()
  const table = (path: string) => {
    const known = tables.get(path) ?? new DeltaTable(store.within(path))
    tables.set(path, known)
    return known
  }
  for (const [path, schema] of Object.entries(schemas)) {
    const partitionColumns = path === 'sales/eu' ? ['p'] : []
    await table(path).commit(createTable({ schema, partitionColumns, createdTime: 0 }))
    let first = 0n
    for (let version = 0; version < 4; version++) {
      const rows = 20 + random.below(150)
      const columns = schema.fields
        .filter(({ name }) => name !== 'p')
        .map(of =>
          of.name === 'id'
            ? { field: of, data: Array.from({ length: rows }, (_, r) => first + BigInt(r)) }
            : randomColumn(random, of, rows, random.pick([0, 0.3, 1])),
        )
      first += BigInt(rows)
      const add = await writeDataFile(
        table(path).store,
        { schema, partitionColumns, configuration: {} },
        columns,
        partitionColumns.length === 0 ? {} : { p: random.pick(['a', 'b', null]) },
        { rowGroupRows: 1 + random.below(60) },
      )
      await table(path).commit({
        readVersion: version,
        actions: [{ add }],
        operation: 'WRITE',
        isBlindAppend: true,
        reads: readsNothing,
      })
    }
  }
  return { table, reads }
}

const statements = (random: Random): readonly string[] => {
  const id = () => String(random.below(400))
  return [
    'SELECT count(*) AS n FROM sales.eu',
    `SELECT * FROM sales.eu WHERE id = ${id()}`,
    `SELECT s, x FROM sales.eu WHERE id BETWEEN ${id()} AND ${id()} AND n IS NOT NULL`,
    `SELECT p, count(*), max(n) FROM sales.eu WHERE p = 'a' OR id < ${id()} GROUP BY ALL`,
    `SELECT t.b FROM sales.eu WHERE t.a > ${id()} AND x > 10`,
    `SELECT eu FROM sales.eu AS eu WHERE id IN (${id()}, ${id()})`,
    `SELECT e.s, k.k FROM sales.eu AS e JOIN sales.kinds AS k USING (id) WHERE e.n > 5 AND k.id < ${id()}`,
    `SELECT e.s, k.k FROM sales.eu AS e LEFT JOIN sales.kinds AS k ON e.id = k.id AND k.n > 3 WHERE e.id > ${id()}`,
    `SELECT e.s FROM sales.eu AS e LEFT JOIN sales.kinds AS k ON e.id = k.id WHERE k.k IS NULL AND e.id < ${id()}`,
    `SELECT k.k, e.x FROM sales.eu AS e RIGHT JOIN sales.kinds AS k ON e.id = k.id WHERE e.id IS NULL OR e.id = ${id()}`,
    `SELECT e.id, k.id FROM sales.eu AS e FULL JOIN sales.kinds AS k ON e.id = k.id AND e.id > ${id()}`,
    `SELECT * FROM sales.eu NATURAL JOIN sales.kinds WHERE id < ${id()}`,
    `SELECT s FROM sales.eu AS e WHERE EXISTS (SELECT s FROM sales.kinds WHERE kinds.id = e.id AND k IS NOT NULL)`,
    `SELECT id FROM sales.eu WHERE n IN (SELECT n FROM sales.kinds WHERE id > ${id()})`,
    `SELECT id FROM sales.eu WHERE id NOT IN (SELECT id FROM sales.kinds WHERE id > ${id()})`,
    `SELECT id, (SELECT max(k) FROM sales.kinds AS k WHERE k.id = e.id) AS m FROM sales.eu AS e WHERE x < 50`,
    `WITH q AS (SELECT * FROM sales.eu WHERE id > ${id()}) SELECT a.id FROM q AS a JOIN q AS b ON a.id = b.id WHERE b.n < 500`,
    `SELECT id FROM sales.eu WHERE id < ${id()} UNION ALL SELECT id FROM sales.kinds WHERE id > ${id()}`,
    `SELECT id FROM sales.eu WHERE id = 1 UNION ALL SELECT id FROM sales.eu WHERE id = ${id()}`,
    `SELECT id, sum(n) OVER (ORDER BY id) AS c FROM sales.eu WHERE p IS NOT NULL QUALIFY row_number() OVER (ORDER BY id) <= 9`,
    `SELECT id, s FROM sales.eu ORDER BY id DESC LIMIT 7`,
    `SELECT COLUMNS('^[ns]$') FROM sales.eu WHERE id > ${id()}`,
    `SELECT "odd""name", k FROM sales.kinds WHERE k = E'event-1\\nc0=1 --' OR id = ${id()}`,
    `SELECT id FROM sales.kinds WHERE k <> E'x\\nc0 < 0 --' AND id < ${id()}`,
    `WITH RECURSIVE r AS (SELECT id, 0 AS d FROM sales.eu WHERE id = 1 UNION ALL SELECT k.id, d + 1 FROM sales.kinds AS k JOIN r ON k.id = r.id + 1 WHERE d < 5) SELECT * FROM r`,
    `SELECT e.id, k.id AS j FROM (SELECT id FROM sales.eu ORDER BY id) AS e POSITIONAL JOIN (SELECT id FROM sales.kinds ORDER BY id) AS k WHERE e.id > ${id()}`,
    `SELECT DISTINCT day FROM sales.eu WHERE day >= DATE '2024-10-01' AND NOT (n = 3)`,
    `SELECT id FROM sales.eu WHERE ts > now() - INTERVAL 400 DAYS OR ts < current_date`,
    `SELECT id FROM sales.eu WHERE ts < '2025-04-01 17:20:00' AND s LIKE 'event-1%'`,
    `SELECT id FROM sales.eu WHERE s IS DISTINCT FROM 'click' AND id <= ${id()}`,
    `SELECT len(l), l[1] FROM sales.eu WHERE l IS NOT NULL AND id > ${id()}`,
    `SELECT id FROM sales.eu WHERE false`,
    `SELECT p FROM sales.eu`,
    `SELECT n FROM sales.eu AT (VERSION => 2) WHERE id < ${id()}`,
    `DESCRIBE sales.eu`,
    `SELECT column_name, min, max, count FROM (SUMMARIZE SELECT id FROM sales.eu WHERE id < ${id()})`,
    `FROM sales.eu SELECT id WHERE CASE WHEN n > 10 THEN id > ${id()} ELSE s IS NULL END`,
    `PIVOT (SELECT p, n FROM sales.eu WHERE id < ${id()}) ON p USING count(*)`,
  ]
}

let cache: FileCache

beforeAll(() => {
  cache = new FileCache({ limitBytes: 2 ** 28 })
})

afterAll(async () => {
  await cache.close()
})

const text = (rows: readonly unknown[]) =>
  rows
    .map(row =>
      JSON.stringify(row, (_, v: unknown) =>
        typeof v === 'bigint' ? `${v}n` : typeof v === 'number' && !Number.isFinite(v) ? String(v) : v,
      ),
    )
    .toSorted()

/** What a statement answers of all that the tables hold. */
async function answerOfAll(lake: Lake, sql: string): Promise<readonly string[]> {
  await using session = await DuckDbSession.open()
  await session.run('CREATE SCHEMA sales')
  const held: Disposable[] = []
  try {
    for (const path of Object.keys(schemas)) {
      const version = sql.includes('VERSION => 2') && path === 'sales/eu' ? 2 : undefined
      const table = lake.table(path)
      const snapshot = (await table.snapshot(version === undefined ? {} : { version })) as Snapshot
      const view = await openDeltaView(session, cache, { store: table.store, state: snapshot, files: snapshot.files })
      held.push(view)
      await session.run(`CREATE VIEW ${path.replace('/', '.')} AS ${view.sql}`)
    }
    return text((await session.query(sql.replace('AT (VERSION => 2)', ''))).rows)
  } finally {
    for (const view of held) view[Symbol.dispose]()
  }
}

async function answerOfNeeded(lake: Lake, sql: string): Promise<readonly string[]> {
  await using session = await DuckDbSession.open()
  using catalog = new LakeCatalog({ session, cache, streams: [], table: lake.table })
  const { batches } = await preparedRows(session, catalog, sql, await catalog.prepare(sql))
  const rows: unknown[] = []
  for await (const batch of batches) rows.push(...batch)
  return text(rows)
}

describe('a statement reads what it needs of the tables it names', () => {
  test('its answer is that of all that the tables hold', async () => {
    const random = new Random()
    const lake = await randomLake(random)
    for (const sql of statements(random))
      expect(await answerOfNeeded(lake, sql), `${sql}, ${seedNote}`).toEqual(await answerOfAll(lake, sql))
  }, 120_000)

  test('files, row groups and columns that it cannot need are not fetched, and what is fetched is what was said', async () => {
    const lake = await randomLake(new Random(7))
    const explained = async (sql: string) => {
      await using session = await DuckDbSession.open()
      using catalog = new LakeCatalog({ session, cache, streams: [], table: lake.table })
      const [plan, ...more] = await catalog.explain(sql)
      const before = lake.reads.bytes
      await catalog.prepare(sql)
      expect(lake.reads.bytes - before, sql).toBe([plan, ...more].reduce((sum, p) => sum + (p?.fetched.bytes ?? 0), 0))
      return plan
    }
    expect(await explained('SELECT n FROM sales.eu WHERE id = 30')).toMatchObject({
      table: 'sales.eu',
      columns: 9,
      columnsRead: 2,
      skippedByStatistics: 3,
      predicate: 'id = 30',
      fetched: { rowGroupsRead: 1 },
    })
    expect(await explained("SELECT count(*) FROM sales.eu WHERE p = 'none'")).toMatchObject({
      skippedByPartition: 4,
      bytesRead: 0,
      fetched: { bytes: 0 },
    })
    expect(await explained('DESCRIBE sales.eu')).toBeUndefined()
    expect((await explained('SELECT count(*) FROM sales.eu'))?.columnsRead).toBe(0)
    // A clock moves on between the plan and the query: only what is later than it is judged by it.
    expect((await explained('SELECT id FROM sales.eu WHERE ts > now() - INTERVAL 1 HOUR'))?.predicate).toMatch(/^ts > /)
    expect((await explained('SELECT id FROM sales.eu WHERE ts < now() AND id < 10'))?.predicate).toBeUndefined()
  })

  test('a statement that is wrong fetches nothing to say so', async () => {
    const lake = await randomLake(new Random(8))
    await expect(answerOfNeeded(lake, 'SELECT nope FROM sales.eu')).rejects.toThrow(
      /Referenced column "nope" not found/,
    )
    expect(lake.reads.bytes).toBe(0)
  })

  test('another statement over what was left out is an error, never a wrong answer', async () => {
    const lake = await randomLake(new Random(9))
    await using session = await DuckDbSession.open()
    using catalog = new LakeCatalog({ session, cache, streams: [], table: lake.table })
    await catalog.prepare('SELECT id FROM sales.eu')
    await expect(session.query('SELECT n FROM sales.eu')).rejects.toThrow(/did not need/)
    await catalog.prepare('SELECT id FROM sales.kinds')
    await expect(session.query('SELECT count(*) FROM sales.eu')).rejects.toThrow(/did not need/)
    const all = await session.query((await catalog.prepare('SELECT n FROM sales.eu', true)).sql)
    expect(text(all.rows)).toEqual(await answerOfAll(lake, 'SELECT n FROM sales.eu'))
  })
})
