import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parquetMetadata } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'

import { type AddFile, inlineDeletionVector, type Metadata, RoaringBitmap } from '../../../shared/delta/index.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { openDeltaView } from '../../../shared/query/scan/deltaView.js'
import { FileCache } from '../../../shared/query/scan/fileCache.js'
import { FetchCounts, type Narrowing } from '../../../shared/query/scan/narrowing.js'
import { countUnreadable } from '../../../shared/query/scan/readableFormats.js'
import { stageRows } from '../../../shared/query/scan/stagedRows.js'
import { LocalDiskStore, MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import type { StructField, StructType } from '../../../shared/types/index.js'
import { dataPage, fromTop, handmadeParquet, optionalInts } from '../../parquet/handmadeParquet.js'

const field = (name: string, type: StructField['type']): StructField => ({ name, type, nullable: true })
const metadata: Metadata = {
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: '',
  partitionColumns: [],
  configuration: {},
}

class Bench implements AsyncDisposable {
  readonly session: DuckDbSession
  readonly cache: FileCache

  private constructor(session: DuckDbSession, temporaryFolder: string | undefined) {
    this.session = session
    this.cache = new FileCache({ limitBytes: 10 ** 8, temporaryFolder })
  }

  static async open(temporaryFolder?: string): Promise<Bench> {
    return new Bench(await DuckDbSession.open({ temporaryFolder }), temporaryFolder)
  }

  /** What `sql` answers of a table `t` of these files. */
  async ask(
    sql: string,
    schema: StructType,
    files: Readonly<Record<string, Uint8Array>>,
    store: ObjectStore = new MemoryStore(),
    more: Partial<AddFile> = {},
  ): Promise<unknown[][]> {
    const adds: AddFile[] = []
    for (const [path, bytes] of Object.entries(files)) {
      if ((await store.head(path)) === undefined) await store.put(path, bytes)
      adds.push({
        path: encodeURI(path),
        partitionValues: {},
        size: bytes.length,
        modificationTime: 0,
        dataChange: true,
        ...more,
      })
    }
    const ask = async (narrowing?: Narrowing) => {
      const source = { store, state: { metadata, schema }, files: adds, narrowing }
      using view = await openDeltaView(this.session, this.cache, source)
      const { rows } = await this.session.query(`WITH t AS (${view.sql}) ${sql}`)
      return rows.map(row => Object.values(row))
    }
    const answer = await ask()
    expect(await ask({ counts: new FetchCounts() }), 'of what is needed alone').toEqual(answer)
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
    await this.cache.close()
  }
}

const chunksOf = (bytes: Uint8Array) => parquetMetadata(new Uint8Array(bytes).buffer).row_groups[0]?.columns ?? []

/** Footers whose bounds leave NaN out, as Arrow's do. */
function withoutNaN(values: readonly number[]): Uint8Array {
  const columnData = [
    { name: 'id', data: values.map((_, i) => i) },
    { name: 'x', data: [...values] },
    { name: 'f', data: [...values] },
    { name: 's', data: values.map(y => ({ y })) },
    { name: 'l', data: values.map(item => [item]) },
  ]
  const optional = { repetition_type: 'OPTIONAL' } as const
  const schema = [
    { name: 'root', num_children: 5 },
    { name: 'id', type: 'INT32' as const, ...optional },
    { name: 'x', type: 'DOUBLE' as const, ...optional },
    { name: 'f', type: 'FLOAT' as const, ...optional },
    { name: 's', num_children: 1, ...optional },
    { name: 'y', type: 'DOUBLE' as const, ...optional },
    { name: 'l', num_children: 1, converted_type: 'LIST' as const, ...optional },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' as const },
    { name: 'element', type: 'DOUBLE' as const, ...optional },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, statistics: true }))
}

const schema: StructType = {
  type: 'struct',
  fields: [
    field('id', 'integer'),
    field('x', 'double'),
    field('f', 'float'),
    field('s', { type: 'struct', fields: [field('y', 'double')] }),
    field('l', { type: 'array', elementType: 'double', containsNull: true }),
  ],
}

describe('NaN that footers leave out of their bounds', () => {
  const values = [3, 3, NaN]
  const conditions = [
    'v < 4',
    'v <= 3',
    'v > 4',
    'v >= 3',
    'v > 100',
    'v = 3',
    'v <> 3',
    'v IN (3)',
    'v IN (3, 9)',
    'v NOT IN (3)',
    'v BETWEEN 2 AND 4',
    'NOT v > 4',
    "v = 'NaN'",
    'v IS NOT DISTINCT FROM 3',
    'isnan(v)',
    '(v < 4) IS TRUE',
    'CASE WHEN v < 4 THEN TRUE END',
  ]

  test('the file is such a one', () => {
    const chunks = chunksOf(withoutNaN(values))
    expect(chunks.slice(1).map(({ meta_data: meta }) => meta?.statistics?.max_value)).toEqual([3, 3, 3, 3])
  })

  test.each(['x', 'f', 's.y', 'l[1]'])(
    'a condition on %s is as true of its rows as of the same rows in memory',
    async column => {
      await using b = await Bench.open()
      const files = {
        'a.parquet': withoutNaN(values),
        'b.parquet': withoutNaN([1, NaN]),
        'c.parquet': withoutNaN([NaN]),
      }
      await b.session.run(
        "CREATE TABLE same AS SELECT unnest(CAST(['3', '3', 'NaN', '1', 'NaN', 'NaN'] AS DOUBLE[])) AS v",
      )
      const counts = conditions.map((condition, i) => `count(*) FILTER (${condition}) AS n${i}`).join(', ')
      const [expected] = (await b.session.query(`SELECT ${counts} FROM same`)).rows.map(row => Object.values(row))
      for (const [i, condition] of conditions.entries()) {
        expect(
          await b.ask(`SELECT count(*) FROM (SELECT ${column} AS v FROM t) WHERE ${condition}`, schema, files),
          condition,
        ).toEqual([[expected?.[i]]])
      }
      expect(
        await b.ask(
          `SELECT max(v), min(v), count(*) FILTER (v > 3) FROM (SELECT ${column} AS v FROM t)`,
          schema,
          files,
        ),
      ).toEqual([[NaN, 1, 3n]])
      expect(await b.ask(`SELECT ${column} AS v FROM t ORDER BY v DESC LIMIT 1`, schema, files)).toEqual([[NaN]])
    },
  )

  test('a single file too, where DuckDB has the bounds of all there is', async () => {
    await using b = await Bench.open()
    for (const column of ['x', 'f', 's.y', 'l[1]']) {
      expect(
        await b.ask(`SELECT id FROM t WHERE ${column} < 4`, schema, { 'a.parquet': withoutNaN(values) }),
        column,
      ).toEqual([[0], [1]])
      expect(
        await b.ask(`SELECT id FROM t WHERE ${column} > 4`, schema, { 'a.parquet': withoutNaN(values) }),
        column,
      ).toEqual([[2]])
    }
  })

  test('our own footers have no bounds where there is NaN', () => {
    for (const data of [[3, 3, NaN], [NaN, 3], [NaN], [1, NaN, 2]]) {
      for (const type of ['double', 'float'] as const) {
        const bytes = encodeParquet([
          { field: field('x', type), data: type === 'double' ? Float64Array.from(data) : Float32Array.from(data) },
        ])
        const statistics = chunksOf(bytes)[0]?.meta_data?.statistics
        expect(statistics).toMatchObject({ null_count: 0n })
        expect([statistics?.min_value, statistics?.max_value], `${type} ${String(data)}`).toEqual([
          undefined,
          undefined,
        ])
      }
    }
  })
})

describe('paths that DuckDB would take for patterns', () => {
  const one = (id: number) => encodeParquet([{ field: field('id', 'integer'), data: [id] }])
  const ids: StructType = { type: 'struct', fields: [field('id', 'integer')] }

  test.each(['sales*', 'sales?copy', 'sales[_]copy', 'sales[!x]copy', 'sales**', '[', ']', 'a\\b', 'id=5', '*\\?'])(
    'a table in %s has its own rows, each once',
    async name => {
      const folder = await mkdtemp(join(tmpdir(), 'lake-paths-'))
      try {
        for (const other of ['sales_copy', 'salesxcopy', 'day=1', 'a'])
          await new LocalDiskStore(join(folder, other)).put('a.parquet', one(99))
        await using b = await Bench.open()
        const store = new LocalDiskStore(join(folder, name))
        expect(await b.ask('SELECT * FROM t', ids, { 'a.parquet': one(1) }, store)).toEqual([[1]])
        const deletionVector = inlineDeletionVector(RoaringBitmap.of([0]))
        expect(await b.ask('SELECT * FROM t', ids, { 'a.parquet': one(1) }, store, { deletionVector })).toEqual([])
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  )

  test('a column that a file lacks is null, whatever its folder is called', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lake-paths-'))
    try {
      await using b = await Bench.open()
      const wider: StructType = { type: 'struct', fields: [...ids.fields, field('later', 'integer')] }
      expect(
        await b.ask('SELECT * FROM t', wider, { 'a.parquet': one(1) }, new LocalDiskStore(join(folder, 'later=5'))),
      ).toEqual([[1, null]])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('a data file with such a name is read alone', async () => {
    await using b = await Bench.open()
    const folder = await mkdtemp(join(tmpdir(), 'lake-paths-'))
    try {
      const store = new LocalDiskStore(folder)
      await store.put('part-x.parquet', one(99))
      expect(
        await b.ask('SELECT * FROM t', ids, { 'part-?.parquet': one(1), 'part-[x].parquet': one(2) }, store),
      ).toEqual([[1], [2]])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test.each(['[x]', 'a=b', 'te*mp'])('a temporary folder called %s does no harm', async name => {
    const folder = await mkdtemp(join(tmpdir(), 'lake-paths-'))
    try {
      const temporary = new LocalDiskStore(join(folder, name))
      await temporary.put('there', new Uint8Array())
      await using b = await Bench.open(join(folder, name))
      const deletionVector = inlineDeletionVector(RoaringBitmap.of([0]))
      expect(await b.ask('SELECT * FROM t', ids, { 'a.parquet': one(1) })).toEqual([[1]])
      expect(await b.ask('SELECT * FROM t', ids, { 'a.parquet': one(1) }, undefined, { deletionVector })).toEqual([])
      await using handed = await stageRows(
        b.session,
        { count: 1, columns: [{ field: field('id', 'integer'), data: [7] }] },
        () => true,
      )
      expect((await b.session.query(handed.sql)).rows).toEqual([{ id: 7, __lake_row: 0n }])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('files that DuckDB does not read', () => {
  const ids: StructType = { type: 'struct', fields: [field('id', 'integer')] }
  const element = { name: 'id', type: 'INT32', repetition_type: 'OPTIONAL' } as const

  /** LZ4 as Hadoop frames it: both sizes, and a block of nothing but literals. */
  function hadoopLz4(bytes: Uint8Array): Uint8Array {
    const block = Buffer.concat([Uint8Array.of(bytes.length << 4), bytes])
    const sizes = Buffer.alloc(8)
    sizes.writeUInt32BE(bytes.length, 0)
    sizes.writeUInt32BE(block.length, 4)
    return Buffer.concat([sizes, block])
  }

  const levels = Uint8Array.of(2, 0, 0, 0, 4, 1)
  const plain = optionalInts([1, 2], levels, 'RLE')
  const packed = [1, null, 2, 3, null, null, 7, 8]
  const required = { ...element, repetition_type: 'REQUIRED' } as const
  const split = Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0)
  const files = {
    'the framed LZ4 of Hadoop': [
      handmadeParquet(
        [
          {
            rows: 2,
            chunks: [
              {
                element,
                values: 2,
                encodings: ['PLAIN', 'RLE'],
                codec: 'LZ4',
                pages: [{ ...plain, body: hadoopLz4(plain.body) }],
              },
            ],
          },
        ],
        { createdBy: 'parquet-mr version 1.16.0' },
      ),
      [1, 2],
    ],
    'levels packed in bits': [
      handmadeParquet([
        {
          rows: 8,
          chunks: [
            {
              element,
              values: 8,
              encodings: ['PLAIN', 'BIT_PACKED'],
              pages: [
                optionalInts(
                  packed,
                  fromTop(
                    packed.map(value => Number(value !== null)),
                    1,
                  ),
                  'BIT_PACKED',
                ),
              ],
            },
          ],
        },
      ]),
      packed,
    ],
    'integers split by bytes': [
      handmadeParquet([
        {
          rows: 2,
          chunks: [
            {
              element: required,
              values: 2,
              encodings: ['BYTE_STREAM_SPLIT'],
              pages: [{ body: split, header: dataPage(2, split.length, { encoding: 'BYTE_STREAM_SPLIT' }) }],
            },
          ],
        },
      ]),
      [1, 2],
    ],
    'a row group without rows': [
      handmadeParquet([
        { rows: 0, chunks: [{ element, values: 0, encodings: ['PLAIN'], pages: [] }] },
        { rows: 2, chunks: [{ element, values: 2, encodings: ['PLAIN', 'RLE'], pages: [plain] }] },
      ]),
      [1, 2],
    ],
    'nothing but a row group without rows': [
      handmadeParquet([{ rows: 0, chunks: [{ element, values: 0, encodings: ['PLAIN'], pages: [] }] }]),
      [],
    ],
  } as const

  test.each(Object.entries(files))(
    '%s: the rows come all the same, beside those of a usual file and with a condition',
    async (_what, [bytes, values]) => {
      await using b = await Bench.open()
      const usual = encodeParquet([{ field: field('id', 'integer'), data: [50] }])
      expect((await b.ask('SELECT id FROM t', ids, { 'a.parquet': bytes })).flat()).toEqual(values)
      expect(
        (await b.ask('SELECT id FROM t ORDER BY id', ids, { 'a.parquet': bytes, 'b.parquet': usual }))
          .flat()
          .filter(id => id !== null),
      ).toEqual([...values.filter(value => value !== null), 50])
      expect(
        (
          await b.ask('SELECT id FROM t WHERE id > 1 ORDER BY id', ids, { 'a.parquet': bytes, 'b.parquet': usual })
        ).flat(),
      ).toEqual([...values.filter(value => value !== null && value > 1), 50])
    },
  )

  test('what Spark writes is read where it lies, although it names BIT_PACKED for levels that are not there', async () => {
    await using b = await Bench.open()
    const store = new MemoryStore()
    const spark = handmadeParquet(
      [{ rows: 2, chunks: [{ element, values: 2, encodings: ['BIT_PACKED', 'PLAIN', 'RLE'], pages: [plain] }] }],
      { createdBy: 'parquet-mr version 1.16.0 (build x)' },
    )
    await store.put('a.parquet', spark)
    using lease = await b.cache.lease(store, [{ path: 'a.parquet', size: spark.length }])
    expect(
      await countUnreadable(
        b.session,
        lease.paths.map(path => ({ path })),
      ),
    ).toBe(0)
  })
})
