import { zstdCompressSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { decompress } from '../../../shared/parquet/page/codec.js'

const codecs = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4_RAW', 'ZSTD'] as const

describe('a page', () => {
  test.each(codecs)('of a few bytes of %s that claims gigabytes is refused before memory is taken for it', codec => {
    const before = process.memoryUsage().arrayBuffers
    expect(() => decompress(codec, zstdCompressSync(Buffer.alloc(1 << 20)), 2 ** 31 - 1)).toThrow(
      expect.objectContaining({
        code: 'PARQUET_UNSUPPORTED',
        message: expect.stringMatching(/holds 2147483647, and a page may hold/) as string,
      }),
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
  })

  test('that holds more than its header says is damage, and no more than that is unpacked', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 << 20))
    expect(bomb.length).toBeLessThan(10_000)
    expect(() => decompress('ZSTD', bomb, 1_000)).toThrow()
  })
})
