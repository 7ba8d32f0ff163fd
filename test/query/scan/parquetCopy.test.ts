import { readFile } from 'node:fs/promises'

import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'

import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { copyToParquet } from '../../../shared/query/scan/parquetCopy.js'

const schema = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] } as const

test.each([
  [undefined, 'ZSTD'],
  ['snappy', 'SNAPPY'],
  ['UNCOMPRESSED', 'UNCOMPRESSED'],
])('a file that DuckDB writes is compressed as the table says, too: %s', async (codec, expected) => {
  await using session = await DuckDbSession.open()
  const configuration: Record<string, string> = codec === undefined ? {} : { 'delta.parquet.compression.codec': codec }
  const copied = await copyToParquet(session, {
    select: 'SELECT range AS id FROM range(10000)',
    table: { schema, partitionColumns: [], configuration },
    partitionValues: {},
  })
  if (copied === undefined) throw new Error('no rows')
  const { buffer, byteOffset, byteLength } = await readFile(copied.localPath)
  const { row_groups } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength))
  expect(row_groups.flatMap(group => group.columns.map(column => column.meta_data?.codec))).toEqual([expected])
})
