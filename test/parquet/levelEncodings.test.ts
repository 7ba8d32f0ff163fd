import type { Encoding, SchemaElement } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../shared/parquet/base/bufferSource.js'
import { openParquet } from '../../shared/parquet/read/reader.js'
import { Random, seedNote } from '../random.js'
import { dataPage, fromTop, type HandmadeChunk, handmadeParquet, int32s, optionalInts } from './handmadeParquet.js'

const id: SchemaElement = { name: 'id', type: 'INT32', repetition_type: 'OPTIONAL' }
const columns = async (bytes: Uint8Array) =>
  (await (await openParquet(bufferSource(bytes, 'a.parquet'))).readColumns()).map(({ data }) =>
    Array.from(data as ArrayLike<unknown>),
  )

describe('encodings that page headers name', () => {
  test('levels packed in bits are read as what they are, and not as runs', async () => {
    const random = new Random()
    for (let round = 0; round < 50; round++) {
      const pages = Array.from({ length: 1 + random.below(3) }, () =>
        Array.from({ length: 1 + random.below(40) }, () => (random.below(2) === 0 ? null : random.below(100))),
      )
      const bytes = handmadeParquet([
        {
          rows: pages.flat().length,
          chunks: [
            {
              element: id,
              values: pages.flat().length,
              encodings: ['PLAIN', 'BIT_PACKED'],
              pages: pages.map(values =>
                optionalInts(
                  values,
                  fromTop(
                    values.map(value => (value === null ? 0 : 1)),
                    1,
                  ),
                  'BIT_PACKED',
                ),
              ),
            },
          ],
        },
      ])
      expect(await columns(bytes), seedNote).toEqual([pages.flat()])
    }
  })

  test('levels of more than one bit, of repetition too', async () => {
    const lists: readonly (readonly (number | null)[] | null)[] = [[1, null, 2], null, [], [3], [4, 5]]
    const repetitions = lists.flatMap(list =>
      list === null || list.length === 0 ? [0] : list.map((_, i) => (i === 0 ? 0 : 1)),
    )
    const definitions = lists.flatMap(list =>
      list === null ? [0] : list.length === 0 ? [1] : list.map(value => (value === null ? 2 : 3)),
    )
    const body = Buffer.concat([fromTop(repetitions, 1), fromTop(definitions, 2), int32s(1, 2, 3, 4, 5)])
    const element: SchemaElement = { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' }
    const chunk: HandmadeChunk = {
      element,
      path: ['l', 'list', 'element'],
      values: definitions.length,
      encodings: ['PLAIN', 'BIT_PACKED'],
      pages: [
        {
          body,
          header: dataPage(definitions.length, body.length, {
            definition_level_encoding: 'BIT_PACKED',
            repetition_level_encoding: 'BIT_PACKED',
          }),
        },
      ],
    }
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: 1 },
      { name: 'l', num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      element,
    ]
    expect(await columns(handmadeParquet([{ rows: lists.length, chunks: [chunk] }], { schema }))).toEqual([lists])
  })

  test('an encoding that is named for levels that are not there does not matter', async () => {
    const element: SchemaElement = { ...id, repetition_type: 'REQUIRED' }
    const body = int32s(7, 8)
    const header = dataPage(2, body.length, {
      definition_level_encoding: 'BIT_PACKED',
      repetition_level_encoding: 'DELTA_BINARY_PACKED',
    })
    expect(
      await columns(
        handmadeParquet([
          { rows: 2, chunks: [{ element, values: 2, encodings: ['PLAIN'], pages: [{ body, header }] }] },
        ]),
      ),
    ).toEqual([[7, 8]])
  })

  test.each<Encoding>(['PLAIN', 'DELTA_BINARY_PACKED'])(
    'levels in %s are refused by the name of the column',
    async encoding => {
      const bytes = handmadeParquet([
        {
          rows: 1,
          chunks: [{ element: id, values: 1, encodings: ['PLAIN'], pages: [optionalInts([1], int32s(1), encoding)] }],
        },
      ])
      await expect(columns(bytes)).rejects.toMatchObject({
        code: 'PARQUET_UNSUPPORTED',
        message: expect.stringContaining('Column id has levels in an encoding') as string,
      })
    },
  )

  test('levels that end early are damage, and no nulls', async () => {
    const values = Array.from({ length: 20 }, () => null)
    const bytes = handmadeParquet([
      {
        rows: 20,
        chunks: [
          {
            element: id,
            values: 20,
            encodings: ['PLAIN'],
            pages: [optionalInts(values, Uint8Array.of(255), 'BIT_PACKED')],
          },
        ],
      },
    ])
    await expect(columns(bytes)).rejects.toMatchObject({ code: 'PARQUET_CORRUPT' })
  })

  test('a dictionary in another encoding than plain is refused', async () => {
    const body = int32s(1, 2)
    const indexes = Uint8Array.of(1, 3, 0b01)
    const element: SchemaElement = { ...id, repetition_type: 'REQUIRED' }
    const bytes = (encoding: Encoding) =>
      handmadeParquet([
        {
          rows: 2,
          chunks: [
            {
              element,
              values: 2,
              encodings: ['PLAIN', 'RLE_DICTIONARY'],
              pages: [
                {
                  body,
                  header: {
                    type: 'DICTIONARY_PAGE',
                    uncompressed_page_size: body.length,
                    dictionary_page_header: { num_values: 2, encoding },
                  },
                },
                { body: indexes, header: dataPage(2, indexes.length, { encoding: 'RLE_DICTIONARY' }) },
              ],
            },
          ],
        },
      ])
    expect(await columns(bytes('PLAIN'))).toEqual([[2, 1]])
    await expect(columns(bytes('DELTA_BINARY_PACKED'))).rejects.toMatchObject({ code: 'PARQUET_UNSUPPORTED' })
  })
})

describe('row groups without rows', () => {
  const group = (...values: readonly number[]) => ({
    rows: values.length,
    chunks: [
      {
        element: id,
        values: values.length,
        encodings: ['PLAIN', 'RLE'] as const,
        pages:
          values.length === 0 ? [] : [optionalInts(values, Uint8Array.of(2, 0, 0, 0, values.length * 2, 1), 'RLE')],
      },
    ],
  })

  test.each([[[[]]], [[[], [1, 2]]], [[[1], [], [2, 3], []]]])(
    '%j: the rows of the others are read, by every way of reading',
    async groups => {
      const file = await openParquet(bufferSource(handmadeParquet(groups.map(values => group(...values))), 'a.parquet'))
      const values = groups.flat()
      expect(file.rowCount).toBe(values.length)
      expect((await file.readColumns()).map(({ data }) => Array.from(data as ArrayLike<unknown>))).toEqual([values])
      const stored: unknown[] = []
      for (const one of file.rowGroups)
        stored.push(...((await file.readStored(one))[0]?.data as unknown as Iterable<unknown>))
      expect(stored).toEqual(values)
      expect(file.rowGroups.every(({ rows }) => rows > 0)).toBe(true)
    },
  )
})
