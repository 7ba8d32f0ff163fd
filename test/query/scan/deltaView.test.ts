import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { parquetMetadata } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { type AddFile, inlineDeletionVector, type Metadata, RoaringBitmap } from '../../../shared/delta/index.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { openDeltaView } from '../../../shared/query/scan/deltaView.js'
import { FileCache } from '../../../shared/query/scan/fileCache.js'
import { FetchCounts, type Narrowing } from '../../../shared/query/scan/narrowing.js'
import { copyToParquet, publishFile } from '../../../shared/query/scan/parquetCopy.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { type StructField, type StructType, variantType } from '../../../shared/types/index.js'

const field = (name: string, type: StructField['type']): StructField => ({ name, type, nullable: true })
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
const metadata = (partitionColumns: string[] = [], configuration: Record<string, string> = {}): Metadata => ({
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: '',
  partitionColumns,
  configuration,
})

class Bench implements AsyncDisposable {
  readonly store = new MemoryStore()
  readonly cache = new FileCache({ limitBytes: 10 ** 8 })
  readonly session: DuckDbSession

  constructor(session: DuckDbSession) {
    this.session = session
  }

  static async open(): Promise<Bench> {
    return new Bench(await DuckDbSession.open())
  }

  async write(
    select: string,
    schema: StructType,
    partitionValues: Record<string, string | null> = {},
  ): Promise<AddFile> {
    const table = { schema, partitionColumns: Object.keys(partitionValues), configuration: {} }
    const file = await copyToParquet(this.session, { select, table, partitionValues })
    if (file === undefined) throw new Error('no rows')
    return publishFile(this.store, file, new ManualClock())
  }

  async read(files: readonly AddFile[], schema: StructType, meta = metadata(), columns?: readonly string[]) {
    const state = { metadata: meta, schema }
    const rows = async (narrowing?: Narrowing) => {
      using view = await openDeltaView(this.session, this.cache, {
        store: this.store,
        state,
        files,
        columns,
        narrowing,
      })
      return (await this.session.query(`SELECT * FROM (${view.sql}) ORDER BY ALL`)).rows
    }
    const all = await rows()
    expect(await rows({ counts: new FetchCounts() }), 'of what is needed alone').toEqual(all)
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
    await this.cache.close()
  }
}

describe('a Delta table as a relation', () => {
  test('days that a file counts by the Julian calendar are the same as the reader has them', async () => {
    await using b = await Bench.open()
    const schema = struct(field('d', 'date'))
    const path = join(b.session.folder, 'julian.parquet')
    const notes = "{'org.apache.spark.version': '4.1.1', 'org.apache.spark.legacyDateTime': ''}"
    await b.session.run(
      `COPY (SELECT DATE '1970-01-01' - 354280 AS d) TO '${path}' (FORMAT parquet, KV_METADATA ${notes})`,
    )
    const bytes = await readFile(path)
    await b.store.put('julian.parquet', bytes)
    const old: AddFile = {
      path: 'julian.parquet',
      partitionValues: {},
      size: bytes.length,
      modificationTime: 0,
      dataChange: true,
    }
    const today = await b.write("SELECT DATE '2025-01-01' AS d", schema)
    const { rows } = await b.session.query("SELECT DATE '1000-01-01' AS d UNION ALL SELECT DATE '2025-01-01'")
    expect(await b.read([today, old], schema)).toEqual(rows)
  })

  test('partition values come from the log: the empty text is null, quotes and days come through', async () => {
    await using b = await Bench.open()
    const schema = struct(field('a', 'integer'), field('p', 'string'), field('d', 'date'))
    const files = [
      await b.write('SELECT 1 AS a', schema, { p: "o'neil/%=", d: '2024-02-29' }),
      await b.write('SELECT 2 AS a', schema, { p: '', d: null }),
    ]
    expect(await b.read(files, schema, metadata(['p', 'd']))).toEqual([
      { a: 1, p: "o'neil/%=", d: 19782 },
      { a: 2, p: null, d: null },
    ])
    expect(await b.read(files, schema, metadata(['p', 'd']), ['d'])).toEqual([{ d: 19782 }, { d: null }])
  })

  test('columns that files lack are null, in structs too, even when no file has them', async () => {
    await using b = await Bench.open()
    const old = struct(field('a', 'integer'), field('s', struct(field('x', 'long'))))
    const now = struct(
      field('a', 'integer'),
      field('s', struct(field('y', 'string'), field('x', 'long'))),
      field('n', { type: 'decimal', precision: 10, scale: 2 }),
    )
    const file = await b.write("SELECT 1 AS a, {'x': 5} AS s", old)
    expect(await b.read([file], now)).toEqual([{ a: 1, s: { y: null, x: 5n }, n: null }])
    const newer = await b.write("SELECT 2 AS a, {'y': 'q', 'x': 6} AS s, 1.5 AS n", now)
    expect(await b.read([file, newer], now)).toEqual([
      { a: 1, s: { y: null, x: 5n }, n: null },
      { a: 2, s: { y: 'q', x: 6n }, n: 150n },
    ])
  })

  test('a table without files has its columns and no rows', async () => {
    await using b = await Bench.open()
    expect(
      await b.read(
        [],
        struct(field('a', { type: 'map', keyType: 'string', valueType: 'date', valueContainsNull: true })),
      ),
    ).toEqual([])
  })

  test('deleted rows are left out, in some files of several, with partition values at hand', async () => {
    await using b = await Bench.open()
    const schema = struct(field('a', 'long'), field('p', 'string'))
    const files = [
      await b.write('SELECT range AS a FROM range(300000)', schema, { p: 'x' }),
      await b.write('SELECT 300000 + range AS a FROM range(3)', schema, { p: 'y' }),
    ]
    const deletionVector = inlineDeletionVector(RoaringBitmap.of(Array.from({ length: 299_998 }, (_, i) => i + 1)))
    const [first, second] = files
    const deleted = [{ ...first, deletionVector }, second] as AddFile[]
    expect(await b.read(deleted, schema, metadata(['p']))).toEqual([
      { a: 0n, p: 'x' },
      { a: 299_999n, p: 'x' },
      { a: 300_000n, p: 'y' },
      { a: 300_001n, p: 'y' },
      { a: 300_002n, p: 'y' },
    ])
    expect(await b.read(deleted, schema, metadata(['p']), ['p'])).toHaveLength(5)
  })

  test('a vector of one row takes out that row, wherever it stands, and each of several files has its own', async () => {
    await using b = await Bench.open()
    const schema = struct(field('a', 'integer'))
    const three = await b.write('SELECT unnest([0, 1, 2])::INTEGER AS a', schema)
    const one = await b.write('SELECT 10::INTEGER AS a', schema)
    const without = (file: AddFile, row: number) => ({
      ...file,
      deletionVector: inlineDeletionVector(RoaringBitmap.of([row])),
    })
    for (const row of [0, 1, 2]) {
      const left = [0, 1, 2].filter(a => a !== row).map(a => ({ a }))
      expect(await b.read([without(three, row)], schema)).toEqual(left)
      expect(await b.read([without(three, row), one], schema)).toEqual([...left, { a: 10 }])
      expect(await b.read([without(three, row), without(one, 0)], schema)).toEqual(left)
    }
    expect(await b.read([without(one, 0)], schema)).toEqual([])
  })

  test('a deletion vector that speaks of rows its file lacks is not believed', async () => {
    await using b = await Bench.open()
    const schema = struct(field('a', 'integer'))
    const file = {
      ...(await b.write('SELECT 1 AS a', schema)),
      deletionVector: inlineDeletionVector(RoaringBitmap.of([1])),
    }
    await expect(b.read([file], schema)).rejects.toMatchObject({
      code: 'DELTA_BAD_DELETION_VECTOR',
      data: { file: file.path },
    })
  })

  test.each(['name', 'id'])('renamed columns are found by %s, inside structs too', async mode => {
    await using b = await Bench.open()
    const mapped = (name: string, physical: string, id: number, type: StructField['type']): StructField => ({
      name,
      type,
      nullable: true,
      metadata: { 'delta.columnMapping.physicalName': physical, 'delta.columnMapping.id': id },
    })
    // `b` was called `a` once, and another `a` came later, of another type.
    const schema = struct(
      mapped('b', 'a', 1, 'long'),
      mapped('a', 'col-2', 2, 'string'),
      mapped('s', 's', 3, struct(mapped('y', 'x', 4, 'integer'))),
    )
    const physical = struct(mapped('a', 'a', 1, 'long'), mapped('s', 's', 3, struct(mapped('x', 'x', 4, 'integer'))))
    const data = [[1n], [{ x: 5 }]]
    const bytes = encodeParquet(physical.fields.map((f, i) => ({ field: f, data: data[i] ?? [] })))
    await b.store.put('f.parquet', bytes)
    const file: AddFile = {
      path: 'f.parquet',
      size: bytes.length,
      partitionValues: {},
      modificationTime: 0,
      dataChange: true,
    }
    const meta = metadata([], { 'delta.columnMapping.mode': mode })
    expect(await b.read([file], schema, meta)).toEqual([{ b: 1n, a: null, s: { y: 5 } }])
    expect(await b.read([file], schema, meta, ['a', 'b'])).toEqual([{ a: null, b: 1n }])
  })

  test('a text that no file says to be one is still a text, and bytes stay bytes', async () => {
    await using b = await Bench.open()
    const bytes = encodeParquet([{ field: field('t', 'binary'), data: [Buffer.from('ä\\x41')] }])
    await b.store.put('f.parquet', bytes)
    const file: AddFile = {
      path: 'f.parquet',
      size: bytes.length,
      partitionValues: {},
      modificationTime: 0,
      dataChange: true,
    }
    expect(await b.read([file], struct(field('t', 'string')))).toEqual([{ t: 'ä\\x41' }])
    expect(await b.read([file], struct(field('t', 'string'), field('b', 'binary')))).toEqual([{ t: 'ä\\x41', b: null }])
    const text = encodeParquet([{ field: field('t', 'string'), data: ['\\x41'] }])
    await b.store.put('g.parquet', text)
    expect(await b.read([{ ...file, path: 'g.parquet', size: text.length }], struct(field('t', 'binary')))).toEqual([
      { t: Uint8Array.from(Buffer.from('\\x41')) },
    ])
  })

  test('what the own reader makes for a query is within the limit of the disk, and gone afterwards', async () => {
    await using b = await Bench.open()
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      metadata: Uint8Array.of(1, 0, 0),
      value: Uint8Array.of(i & 255, i >> 8),
    }))
    const bytes = encodeParquet([{ field: field('v', { type: 'struct', fields: variantType.fields }), data: rows }])
    await b.store.put('f.parquet', bytes)
    const file: AddFile = {
      path: 'f.parquet',
      size: bytes.length,
      partitionValues: {},
      modificationTime: 0,
      dataChange: true,
    }
    expect(await b.read([file], struct(field('v', variantType)))).toHaveLength(20_000)
    expect(b.cache.bytes).toBe(0)
    await using small = new FileCache({ limitBytes: 10_000 })
    const source = {
      store: b.store,
      state: { metadata: metadata(), schema: struct(field('v', variantType)) },
      files: [file],
    }
    await expect(openDeltaView(b.session, small, source)).rejects.toMatchObject({ code: 'QUERY_CACHE_TOO_SMALL' })
    expect(small.bytes).toBe(0)
  })
})

describe('files written by queries', () => {
  const schema = struct(
    field('t', 'timestamp'),
    field('n', 'timestamp_ntz'),
    field('d', { type: 'decimal', precision: 38, scale: 18 }),
    field('f', 'double'),
    field('s', struct(field('x', 'long'), field('b', 'boolean'))),
    field('l', { type: 'array', elementType: 'integer', containsNull: true }),
    field('text', 'string'),
    field('none', 'string'),
  )
  const select = `SELECT TIMESTAMPTZ '1969-12-31 23:59:59.999999Z' AS t, TIMESTAMP '2024-02-29 12:34:56.123456' AS n,
      '99999999999999999999.999999999999999999'::DECIMAL(38, 18) AS d, 'nan'::DOUBLE AS f, {'x': 9007199254740993, 'b': true} AS s, [1] AS l,
      repeat('ä', 40) AS text, NULL AS none
    UNION ALL SELECT NULL, NULL, -1, -1.5, NULL, NULL, 'a', NULL`

  test('types are those that Spark, delta-rs and DuckDB agree on', async () => {
    await using b = await Bench.open()
    const file = await copyToParquet(b.session, {
      select,
      table: { schema, partitionColumns: [], configuration: {} },
      partitionValues: {},
    })
    const bytes = await readFile(file?.localPath ?? '')
    const footer = parquetMetadata(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    const element = (name: string) => footer.schema.find(e => e.name === name)
    expect(element('t')).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    })
    expect(element('n')).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
    })
    expect(element('d')).toMatchObject({ precision: 38, scale: 18 })
    expect(
      footer.schema
        .slice(1)
        .filter(e => e.repetition_type === 'REQUIRED')
        .map(e => e.name),
    ).toEqual([])
    expect(footer.row_groups[0]?.columns[0]?.meta_data?.codec).toBe('ZSTD')
  })

  test('statistics follow the protocol: exact numbers, cut texts, no bounds where there is no order', async () => {
    await using b = await Bench.open()
    const { stats } = await b.write(select, schema)
    expect(stats).toBe(
      '{"numRecords":2,"minValues":{"t":"1969-12-31T23:59:59.999Z","n":"2024-02-29T12:34:56.123","d":-1.000000000000000000,"f":-1.5,' +
        '"s":{"x":9007199254740993},"text":"a"},"maxValues":{"t":"1969-12-31T23:59:59.999Z","n":"2024-02-29T12:34:56.123",' +
        `"d":99999999999999999999.999999999999999999,"f":"NaN","s":{"x":9007199254740993},"text":"${'ä'.repeat(32)}\u{10ffff}"},` +
        '"nullCount":{"t":1,"n":1,"d":0,"f":0,"s":{"x":1,"b":1},"l":1,"text":0,"none":2}}',
    )
  })

  test('no rows make no file', async () => {
    await using b = await Bench.open()
    const table = { schema: struct(field('a', 'integer')), partitionColumns: [], configuration: {} }
    expect(
      await copyToParquet(b.session, { select: 'SELECT 1 AS a WHERE false', table, partitionValues: {} }),
    ).toBeUndefined()
  })
})
