import { expect, test } from 'vitest'

import type { ColumnMetaData } from '../../../shared/parquet/hyparquetInternals.js'
import { outlineOf } from '../../../shared/parquet/read/fileOutline.js'
import type { RowGroup } from '../../../shared/parquet/read/rowGroup.js'
import { schemaNodes } from '../../../shared/parquet/schema/index.js'

const nodes = schemaNodes([
  { name: 'schema', num_children: 1 },
  { name: 'a', type: 'INT32', repetition_type: 'REQUIRED' },
])

const group = (rowStart: number, codec: ColumnMetaData['codec']): RowGroup => ({
  rowStart,
  rows: 2,
  bytes: 8,
  chunks: [
    {
      type: 'INT32',
      encodings: [],
      path_in_schema: ['a'],
      codec,
      num_values: 2n,
      total_uncompressed_size: 8n,
      total_compressed_size: 8n,
      data_page_offset: BigInt(4 + 4 * rowStart),
    },
  ],
})

test('an outline has where each chunk lies', () => {
  expect(outlineOf(nodes, [group(0, 'ZSTD'), group(2, 'ZSTD')], ['a'])).toMatchObject({
    columns: [{ codec: 'ZSTD' }],
    stretches: [
      [2, 4, 8],
      [2, 12, 8],
    ],
  })
})

test('chunks of several codecs have none: one codec is all that it keeps of a column', () => {
  expect(outlineOf(nodes, [group(0, 'ZSTD'), group(2, 'SNAPPY')], ['a'])).toBeUndefined()
  expect(outlineOf(nodes, [group(0, 'ZSTD')], ['missing'])).toBeUndefined()
})
