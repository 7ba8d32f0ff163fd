import { parquetMetadataAsync } from 'hyparquet'
import { expect, test } from 'vitest'

import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import { bronzeColumns } from '../../bench/bronzeColumns.js'

test.each([1, 700])(
  'the sizes that a footer gives are those of the chunks, headers included, of %s rows',
  async rows => {
    const file = encodeParquet(bronzeColumns(rows), { codec: 'uncompressed', pageBytes: 4096 })
    const { row_groups } = await parquetMetadataAsync(new Uint8Array(file).buffer)
    let position = 4n
    for (const { columns, total_byte_size, total_compressed_size } of row_groups) {
      const start = position
      for (const { meta_data: chunk } of columns) {
        // Nothing is smaller for being stored: what is read back as both sizes is where the next chunk begins.
        expect(chunk?.total_uncompressed_size).toBe(chunk?.total_compressed_size)
        expect(chunk?.dictionary_page_offset ?? chunk?.data_page_offset).toBe(position)
        position += chunk?.total_compressed_size ?? 0n
      }
      expect([total_byte_size, total_compressed_size]).toEqual([position - start, position - start])
    }
    const footer = Buffer.from(file).readUInt32LE(file.length - 8)
    expect(position).toBe(BigInt(file.length - footer - 8))
  },
)
