import { createTable, DeltaTable, readsNothing, writeDataFile } from '../../shared/delta/index.js'
import { LakeCatalog, preparedRows } from '../../shared/query/catalog/index.js'
import { DuckDbSession, FileCache } from '../../shared/query/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import type { Column, StructField, StructType } from '../../shared/types/index.js'
import { type DataReads, farStore } from '../query/scan/farStore.js'

/** What a query fetched of a table's data files, of how many bytes. */
export interface FetchedMeasure {
  readonly name: string
  readonly bytes: number
  readonly of: number
}

const files = 4
const fields: readonly StructField[] = [
  ['id', 'long'],
  ['key', 'string'],
  ['kind', 'string'],
  ['at', 'timestamp'],
  ...Array.from({ length: 6 }, (_, i) => [`v${String(i)}`, 'double']),
].map(([name, type]) => ({ name, type, nullable: true }) as StructField)
const schema: StructType = { type: 'struct', fields }

/**
 * Queries of a table of ten columns as it would be on blob storage: four files, ascending ids, random keys.
 *
 * @param rows of the table
 */
export async function fetchedBench(rows = 1_000_000): Promise<readonly FetchedMeasure[]> {
  const reads: DataReads = { bytes: 0 }
  const table = new DeltaTable(farStore(new MemoryStore(), reads))
  await table.commit(createTable({ schema, createdTime: 0 }))
  const random = draws()
  let size = 0
  for (let version = 0; version < files; version++) {
    const count = rows / files
    const columns = columnsOf(random, version * count, count)
    const add = await writeDataFile(
      table.store,
      { schema, partitionColumns: [], configuration: {} },
      columns,
      {},
      { rowGroupRows: 50_000 },
    )
    size += add.size
    await table.commit({
      readVersion: version,
      actions: [{ add }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
  const measures: FetchedMeasure[] = []
  for (const [name, sql] of [
    ['one row by its id, all columns', `SELECT * FROM t WHERE id = ${String(Math.floor(rows * 0.6))}`],
    ['two of ten columns', 'SELECT kind, avg(v3) FROM t GROUP BY kind'],
    ['one row by a random key, two columns', "SELECT id, key FROM t WHERE key = '80000000000000000000000000000000'"],
    ['how many rows', 'SELECT count(*) FROM t'],
    ['all', 'SELECT * FROM t'],
  ] as const) {
    await using cache = new FileCache({ limitBytes: 2 ** 32 })
    await using session = await DuckDbSession.open()
    using catalog = new LakeCatalog({ session, cache, streams: [], table: () => table })
    const before = reads.bytes
    const { batches } = await preparedRows(session, catalog, sql, await catalog.prepare(sql))
    let found = 0
    for await (const batch of batches) found += batch.length
    measures.push({ name: `${name} (${String(found)} rows)`, bytes: reads.bytes - before, of: size })
  }
  return measures
}

function columnsOf(random: () => number, first: number, count: number): readonly Column[] {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  const of = (value: (row: number) => unknown) => Array.from({ length: count }, (_, row) => value(row))
  const values = [
    of(row => BigInt(first + row)),
    of(() => hex() + hex() + hex() + hex()),
    of(() => ['click', 'view', 'buy'][Math.floor(random() * 3)]),
    of(row => 1_743_528_277_000_000n + BigInt(first + row) * 1000n + BigInt(Math.floor(random() * 1000))),
    ...Array.from({ length: 6 }, () => of(() => random() * 100)),
  ]
  return fields.map((field, i) => ({ field, data: (values[i] ?? []) as Column['data'] }))
}

/** In [0, 1), the same each time. */
function draws(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
