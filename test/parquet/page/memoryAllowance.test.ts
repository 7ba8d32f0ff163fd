import { zstdCompressSync } from 'node:zlib'

import type { Encoding, PageHeader, SchemaElement } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { ByteBuffer } from '../../../shared/parquet/base/byteBuffer.js'
import { appendDeltas } from '../../../shared/parquet/encoding/deltaBinaryPacked.js'
import { appendRun } from '../../../shared/parquet/encoding/rleHybrid.js'
import { MemoryAllowance } from '../../../shared/parquet/page/memoryAllowance.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import { dataPage, type HandmadeChunk, handmadeParquet, int32s } from '../handmadeParquet.js'

const billion = 1_000_000_000

const run = (value: number, count: number, width: number): Uint8Array => {
  const out = new ByteBuffer()
  appendRun(out, value, count, width)
  return new Uint8Array(out.bytes())
}

/** Levels of one page, their length before them. */
const levels = (value: number, count: number, width = 1) => {
  const bytes = run(value, count, width)
  return Buffer.concat([int32s(bytes.length), bytes])
}

const chunkOf = (
  element: SchemaElement,
  values: number,
  pages: HandmadeChunk['pages'],
  more: Partial<HandmadeChunk> = {},
): HandmadeChunk => ({ element, values, pages, encodings: ['PLAIN', 'RLE'], ...more })

const page = (values: number, body: Uint8Array, encoding: Encoding = 'PLAIN') => ({
  body,
  header: dataPage(values, body.length, { encoding }),
})

const optional = (type: SchemaElement['type']): SchemaElement => ({
  name: 'x',
  type: type as NonNullable<typeof type>,
  repetition_type: 'OPTIONAL',
})
const required = (type: SchemaElement['type']): SchemaElement => ({ ...optional(type), repetition_type: 'REQUIRED' })

/** `count` nulls in a page of a few bytes. */
const nulls = (count: number) => chunkOf(optional('INT32'), count, [page(count, levels(0, count))])

const dictionaryHeader = (bytes: number): Omit<PageHeader, 'compressed_page_size'> => ({
  type: 'DICTIONARY_PAGE',
  uncompressed_page_size: bytes,
  dictionary_page_header: { num_values: 1, encoding: 'PLAIN' },
})

const repeated = (count: number) =>
  chunkOf(required('INT64'), count, [
    { body: new Uint8Array(8), header: dictionaryHeader(8) },
    page(count, Buffer.concat([Uint8Array.of(1), run(0, count, 1)]), 'RLE_DICTIONARY'),
  ])

async function reading(bytes: Uint8Array, how: 'whole' | 'rows' | 'stored' = 'whole', columns?: readonly string[]) {
  const file = await openParquet(bufferSource(bytes, 'bomb.parquet'))
  if (how === 'whole') return file.readColumns({ columns })
  if (how === 'stored') return file.readStored(file.rowGroups[0] as (typeof file.rowGroups)[number], { columns })
  await file.rows({ columns }).next()
  return []
}

const refusal = {
  code: 'PARQUET_UNSUPPORTED',
  message: expect.stringMatching(
    /^Parquet file bomb\.parquet: A row group takes more than 1073741824 bytes .* column x .* Read fewer columns/,
  ) as unknown,
}

describe('a few bytes that unfold to a billion values are refused, by file, column and limit', () => {
  const list: SchemaElement[] = [
    { name: 'schema', num_children: 1 },
    { name: 'x', num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
  ]
  const emptyLists = 50_000_000
  const group = (...chunks: HandmadeChunk[]) => ({ rows: chunks[0]?.values ?? 0, chunks })

  test.each([
    ['nulls', [group(nulls(billion))], undefined],
    ['a run in a dictionary', [group(repeated(billion))], undefined],
    [
      'equal booleans',
      [group(chunkOf(required('BOOLEAN'), billion, [page(billion, levels(1, billion), 'RLE')]))],
      undefined,
    ],
    [
      'row groups that are each within the limit, read whole',
      Array.from({ length: 100 }, () => group(nulls(20_000_000))),
      undefined,
    ],
    [
      'lists without anything in them',
      [
        group(
          chunkOf(
            list[3] as SchemaElement,
            emptyLists,
            [page(emptyLists, Buffer.concat([levels(0, emptyLists), levels(1, emptyLists, 2)]))],
            { path: ['x', 'list', 'element'] },
          ),
        ),
      ],
      list,
    ],
  ])('%s', async (_, groups, schema) => {
    const bytes = handmadeParquet(groups, { schema })
    expect(bytes.length).toBeLessThan(20_000)
    await expect(reading(bytes)).rejects.toMatchObject(refusal)
  })

  test.each(['rows', 'stored'] as const)('whichever way it is read (%s)', async how => {
    await expect(reading(handmadeParquet([group(nulls(billion))]), how)).rejects.toMatchObject(refusal)
  })

  test('also a column that the file lacks, beside one that it has', async () => {
    const wanted = async () =>
      reading(handmadeParquet([group({ ...nulls(billion), element: { ...optional('INT32'), name: 'y' } })]), 'rows', [
        'x',
      ])
    await expect(wanted()).rejects.toMatchObject(refusal)
  })

  test('also pages of texts that unfold to half a gigabyte each', async () => {
    const size = 60 * 2 ** 20
    const body = new Uint8Array(zstdCompressSync(Buffer.concat([levels(0, 1), Buffer.alloc(size)])))
    const pages = Array.from({ length: 40 }, () => ({ body, header: dataPage(1, size + levels(0, 1).length) }))
    await expect(
      reading(handmadeParquet([group(chunkOf(optional('BYTE_ARRAY'), 40, pages, { codec: 'ZSTD' }))])),
    ).rejects.toMatchObject(refusal)
  })

  test('also values that share a long beginning', async () => {
    const count = 4_000
    const shared = 2 ** 20
    const out = new ByteBuffer()
    appendDeltas(
      out,
      Int32Array.from({ length: count }, (_, i) => (i === 0 ? 0 : shared)),
      0,
      count,
    )
    appendDeltas(
      out,
      Int32Array.from({ length: count }, (_, i) => (i === 0 ? shared : 0)),
      0,
      count,
    )
    const body = Buffer.concat([out.bytes(), Buffer.alloc(shared)])
    const packed = {
      body: new Uint8Array(zstdCompressSync(body)),
      header: dataPage(count, body.length, { encoding: 'DELTA_BYTE_ARRAY' }),
    }
    await expect(
      reading(handmadeParquet([group(chunkOf(required('BYTE_ARRAY'), count, [packed], { codec: 'ZSTD' }))])),
    ).rejects.toMatchObject(refusal)
  })
})

describe('what takes memory that its bytes explain is read', () => {
  test('any amount, when the file itself is large', () => {
    const gigabyte = 2 ** 30
    const allowance = new MemoryAllowance()
    allowance.take('x', 64 * gigabyte, gigabyte)
    allowance.take('y', gigabyte, 0)
    expect(() => {
      allowance.take('z', 1, 0)
    }).toThrow('column z')
  })

  test('a million equal values, or none', async () => {
    const count = 1_000_000
    for (const chunk of [nulls(count), repeated(count)]) {
      const [column] = (await reading(handmadeParquet([{ rows: count, chunks: [chunk] }]))) as {
        data: ArrayLike<unknown>
      }[]
      expect(column?.data.length).toBe(count)
    }
  })

  test('row groups of a billion nulls in all, one after the other', async () => {
    const groups = Array.from({ length: 50 }, () => ({ rows: 20_000_000, chunks: [nulls(20_000_000)] }))
    const file = await openParquet(bufferSource(handmadeParquet(groups), 'many.parquet'))
    const [column] = await file.readColumns({ rowStart: 980_000_000, rowEnd: 980_000_003 })
    expect(Array.from(column?.data ?? [])).toEqual([null, null, null])
  })

  test('a row group of forty columns of a hundred thousand equal texts', async () => {
    const field = (i: number) => ({ name: `c${i}`, type: 'string' as const, nullable: true })
    const bytes = encodeParquet(
      Array.from({ length: 40 }, (_, i) => ({ field: field(i), data: new Array<string>(100_000).fill('same') })),
    )
    expect((await reading(bytes)).length).toBe(40)
  })
})

test('a dictionary of booleans that claims more of them than it has bits for is damage', async () => {
  const chunk = chunkOf(required('BOOLEAN'), 1, [
    {
      body: new Uint8Array(1),
      header: { ...dictionaryHeader(1), dictionary_page_header: { num_values: 2_000_000_000, encoding: 'PLAIN' } },
    },
    page(1, Buffer.from([1, 2, 0]), 'RLE_DICTIONARY'),
  ])
  await expect(reading(handmadeParquet([{ rows: 1, chunks: [chunk] }]))).rejects.toMatchObject({
    code: 'PARQUET_CORRUPT',
  })
})
