import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type AddFile,
  inlineDeletionVector,
  type Metadata,
  RoaringBitmap,
  writeDataFile,
} from '../../../shared/delta/index.js'
import { planScan } from '../../../shared/query/condition/index.js'
import {
  countFetched,
  DuckDbSession,
  FetchCounts,
  FileCache,
  type Narrowing,
  openDeltaView,
} from '../../../shared/query/index.js'
import type { ByteRange } from '../../../shared/storage/index.js'
import type { StructField, StructType } from '../../../shared/types/index.js'
import { randomColumn } from '../../parquet/randomColumns.js'
import { Random, seedNote } from '../../random.js'
import { RecordingStore } from './recordingStore.js'

const field = (name: string, type: StructField['type'], physical?: string, id = 0): StructField => ({
  name,
  type,
  nullable: true,
  ...(physical === undefined
    ? {}
    : { metadata: { 'delta.columnMapping.physicalName': physical, 'delta.columnMapping.id': id } }),
})

interface Table {
  readonly store: RecordingStore
  readonly schema: StructType
  readonly metadata: Metadata
  readonly files: readonly AddFile[]
}

let session: DuckDbSession
let cache: FileCache

beforeAll(async () => {
  session = await DuckDbSession.open()
  cache = new FileCache({ limitBytes: 2 ** 28 })
})

afterAll(async () => {
  await session.close()
  await cache.close()
})

async function rowsOf(table: Table, columns: readonly string[], where: string, narrowing?: Narrowing) {
  const { store, schema, metadata, files } = table
  using view = await openDeltaView(session, cache, { store, state: { metadata, schema }, files, columns, narrowing })
  const { rows } = await session.query(`SELECT * FROM (${view.sql}) AS t WHERE (${where}) ORDER BY ALL`)
  return rows
}

/** Files of several row groups with ascending ids, nulls, structs and lists, some with deleted rows. */
async function randomTable(random: Random, mapped: boolean, partitioned: boolean): Promise<Table> {
  const physical = (name: string) => (mapped ? `col-${name}` : undefined)
  const fields = [
    field('id', 'long', physical('id'), 1),
    field('n', 'integer', physical('n'), 2),
    field('x', 'double', physical('x'), 3),
    field('s', 'string', physical('s'), 4),
    field('ts', 'timestamp', physical('ts'), 5),
    field('d', { type: 'decimal', precision: 9, scale: 2 }, physical('d'), 6),
    // Under a mapping its fields have other names, too, which this project's own reader finds.
    ...(mapped ? [] : [field('t', { type: 'struct', fields: [field('a', 'long'), field('b', 'string')] })]),
    field('l', { type: 'array', elementType: 'integer', containsNull: true }, physical('l'), 8),
    ...(partitioned ? [field('p', 'string', physical('p'), 9)] : []),
  ]
  const schema: StructType = { type: 'struct', fields }
  const configuration: Record<string, string> = mapped ? { 'delta.columnMapping.mode': 'name' } : {}
  const metadata: Metadata = {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns: partitioned ? ['p'] : [],
    configuration,
  }
  const store = new RecordingStore()
  const files: AddFile[] = []
  let first = 0n
  for (let i = 0; i < 3; i++) {
    const rows = 1 + random.below(400)
    const columns = fields
      .filter(({ name }) => name !== 'p')
      .map(of =>
        of.name === 'id'
          ? { field: of, data: Array.from({ length: rows }, (_, r) => first + BigInt(r)) }
          : randomColumn(random, of, rows, random.pick([0, 0.2, 1])),
      )
    first += BigInt(rows)
    const add = await writeDataFile(
      store,
      { schema, partitionColumns: metadata.partitionColumns, configuration },
      columns,
      partitioned ? { p: random.pick(['a', 'b', null]) } : {},
      { rowGroupRows: 1 + random.below(120) },
    )
    const deleted = RoaringBitmap.of(Array.from({ length: rows }, (_, r) => r).filter(() => random.below(4) === 0))
    const isDeleted = random.below(2) === 0 && deleted.cardinality > 0
    const partitionValues = Object.fromEntries(
      Object.entries(add.partitionValues).map(([name, value]) => [physical(name) ?? name, value]),
    )
    files.push({ ...add, partitionValues, deletionVector: isDeleted ? inlineDeletionVector(deleted) : undefined })
  }
  return { store, schema, metadata, files }
}

describe('of a table on blob storage only what a query needs is fetched', () => {
  test('random tables and conditions: the rows are those of the whole files', async () => {
    const random = new Random()
    let spared = 0
    for (let round = 0; round < 9; round++) {
      const table = await randomTable(random, round % 3 === 0, round % 2 === 0)
      const names = table.schema.fields.map(({ name }) => name)
      for (let i = 0; i < 4; i++) {
        const where = random.pick([
          'true',
          `id = ${random.below(900)}`,
          `id BETWEEN ${random.below(300)} AND ${300 + random.below(300)} AND n IS NOT NULL`,
          `x > ${random.below(100)} OR id < ${random.below(200)}`,
          `n IN (${random.below(1000)}, 0) OR s IS NULL`,
          `s LIKE 'event-${random.below(10)}%'`,
          'd < -100.5 AND x IS NULL',
          `ts >= TIMESTAMPTZ '2025-04-01 17:30:00Z' AND NOT n = ${random.below(10)}`,
          'len(l) > 2',
          ...(names.includes('p') ? ["p = 'a'", `p IS NULL AND id > ${random.below(500)}`] : []),
          ...(names.includes('t') ? [`t.a > ${random.below(2 ** 31)}`, "t.b = 'click'"] : []),
        ])
        const named = names.filter(name => new RegExp(`\\b${name}\\b`).test(where))
        const columns = names.filter(name => named.includes(name) || random.below(2) === 0)
        const wanted = columns.length === 0 ? ['id'] : columns
        const state = { metadata: table.metadata, schema: table.schema, files: table.files }
        const { skips } = await planScan(session, { ...state, version: 0 } as never, where)
        const counts = new FetchCounts()
        const whole = await rowsOf(table, wanted, where)
        const before = table.store.bytes
        const narrow = await rowsOf(table, wanted, where, { predicate: skips, counts })
        expect(narrow, `${where}, ${seedNote}`).toEqual(whole)
        const ofReader = table.schema.fields.some(
          f => wanted.includes(f.name) && f.metadata !== undefined && typeof f.type === 'object',
        )
        if (!ofReader) expect(table.store.bytes - before, `${where}, ${seedNote}`).toBe(counts.bytes)
        spared += counts.rowGroups - counts.rowGroupsRead
      }
    }
    expect(spared).toBeGreaterThan(20)
  })

  test('a deleted row that begins a row group that is left out takes no other row with it', async () => {
    const schema: StructType = { type: 'struct', fields: [field('id', 'long')] }
    const layout = { schema, partitionColumns: [], configuration: {} }
    const store = new RecordingStore()
    const columns = [{ field: field('id', 'long'), data: BigInt64Array.from({ length: 30 }, (_, r) => BigInt(r)) }]
    const add = await writeDataFile(store, layout, columns, {}, { rowGroupRows: 10 })
    const metadata = { id: 'x', format: { provider: 'parquet', options: {} }, schemaString: '', ...layout }
    const deletionVector = inlineDeletionVector(RoaringBitmap.of([3, 10, 29]))
    const table: Table = { store, schema, metadata, files: [{ ...add, deletionVector }] }
    const where = 'id < 10 OR id >= 20'
    const { skips } = await planScan(session, { ...table, version: 0 } as never, where)
    const counts = new FetchCounts()
    const rows = await rowsOf(table, ['id'], where, { predicate: skips, counts })
    expect(counts.rowGroupsRead).toBe(2)
    expect(rows).toEqual(await rowsOf(table, ['id'], where))
    expect(rows).toHaveLength(18)
  })

  test('two of ten columns, and one row of many: their chunks and nothing else, as the plan says', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    const schema: StructType = { type: 'struct', fields: names.map(name => field(name, 'long')) }
    const random = new Random(1)
    const store = new RecordingStore()
    const rows = 100_000
    const columns = schema.fields.map(of => ({
      field: of,
      data: BigInt64Array.from({ length: rows }, (_, r) => (of.name === 'a' ? BigInt(r) : random.long())),
    }))
    const layout = { schema, partitionColumns: [], configuration: {} }
    const add = await writeDataFile(store, layout, columns, {}, { rowGroupRows: 10_000 })
    const table: Table = {
      store,
      schema,
      metadata: { id: 'x', format: { provider: 'parquet', options: {} }, schemaString: '', ...layout },
      files: [add],
    }
    store.fetched.length = 0
    const two = new FetchCounts()
    const read = await rowsOf(table, ['d', 'g'], 'true', { counts: two })
    expect(read).toHaveLength(rows)
    expect(two.bytes).toBe(store.bytes)
    expect(two.bytes / add.size).toBeLessThan(0.28)
    store.fetched.length = 0
    const one = new FetchCounts()
    const predicate = { op: '=', column: 'a', value: 54_321n } as const
    expect(await rowsOf(table, names, 'a = 54321', { predicate, counts: one })).toHaveLength(1)
    expect(one).toMatchObject({ rowGroups: 10, rowGroupsRead: 1 })
    expect(one.bytes).toBe(store.bytes)
    expect(one.bytes / add.size).toBeLessThan(0.15)
    const state = { metadata: table.metadata, schema }
    expect((await countFetched({ store, state, files: [add] }, predicate)).bytes).toBe(one.bytes)
  })

  test('a file that is vacuumed while it is read is named, and so is one that is shorter than the log says', async () => {
    const schema: StructType = { type: 'struct', fields: [field('a', 'long'), field('b', 'string')] }
    const random = new Random(2)
    const layout = { schema, partitionColumns: [], configuration: {} }
    const columns = schema.fields.map(of => randomColumn(random, of, 50_000))
    const store = new (class extends RecordingStore {
      left = Infinity
      override get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
        return this.left-- > 0 ? super.get(path, range) : Promise.resolve(undefined)
      }
    })()
    const add = await writeDataFile(store, layout, columns, {})
    const metadata = { id: 'x', format: { provider: 'parquet', options: {} }, schemaString: '', ...layout }
    for (const left of [0, 1]) {
      store.left = left
      await expect(
        rowsOf({ store, schema, metadata, files: [add] }, ['a'], 'true', { counts: new FetchCounts() }),
      ).rejects.toMatchObject({ code: 'QUERY_FILE_MISSING', data: { file: add.path } })
    }
    store.left = Infinity
    const longer = { ...add, size: add.size + 1000 }
    await expect(
      rowsOf({ store, schema, metadata, files: [longer] }, ['a'], 'true', { counts: new FetchCounts() }),
    ).rejects.toMatchObject({ code: 'QUERY_FILE_MISSING' })
  })

  test('more bytes than are allowed are not fetched', async () => {
    const schema: StructType = { type: 'struct', fields: [field('a', 'long'), field('b', 'string')] }
    const random = new Random(3)
    const layout = { schema, partitionColumns: [], configuration: {} }
    const columns = schema.fields.map(of => randomColumn(random, of, 50_000))
    const store = new RecordingStore()
    const add = await writeDataFile(store, layout, columns, {})
    const metadata = { id: 'x', format: { provider: 'parquet', options: {} }, schemaString: '', ...layout }
    const limit = 100_000
    await expect(
      rowsOf({ store, schema, metadata, files: [add] }, ['a', 'b'], 'true', { counts: new FetchCounts(limit) }),
    ).rejects.toMatchObject({ code: 'QUERY_CACHE_TOO_SMALL', data: { limitBytes: limit } })
    expect(store.bytes).toBeLessThan(limit)
  })

  test('a time that is beyond the calendar does not keep a table from being read', async () => {
    const schema: StructType = { type: 'struct', fields: [field('ts', 'timestamp')] }
    const layout = { schema, partitionColumns: [], configuration: {} }
    const store = new RecordingStore()
    const columns = [{ field: field('ts', 'timestamp'), data: [2n ** 63n - 1n, 0n, null] }]
    const add = await writeDataFile(store, layout, columns, {})
    const metadata = { id: 'x', format: { provider: 'parquet', options: {} }, schemaString: '', ...layout }
    const table: Table = { store, schema, metadata, files: [add] }
    const rows = await rowsOf(table, ['ts'], 'ts IS NULL OR ts < now()')
    expect(rows).toEqual([{ ts: 0n }, { ts: null }])
    expect(await rowsOf(table, ['ts'], 'ts IS NULL OR ts < now()', { counts: new FetchCounts() })).toEqual(rows)
  })
})
