import { constants, gzipSync, zstdCompressSync } from 'node:zlib'

import { snappyUncompress } from 'hyparquet'
import { describe, expect, test } from 'vitest'

import { compress, compressions, decompress, decompressInPieces } from '../../../shared/sources/kafka/codecs.js'
import { crc32c } from '../../../shared/sources/kafka/crc32c.js'
import { lz4Compress, lz4Decompress } from '../../../shared/sources/kafka/lz4.js'
import { snappyCompress, snappyDecompress } from '../../../shared/sources/kafka/snappy.js'
import { xxHash32 } from '../../../shared/sources/kafka/xxHash32.js'
import { partitionOf } from '../../../shared/sources/partitioner.js'

/** Bytes with repeats at every distance, from a seed. */
function sample(seed: number, size: number): Buffer {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size;) {
    const length = Math.min(size - at, 1 + next(next(4) === 0 ? 400 : 12))
    const distance = 1 + next(Math.min(at, 70_000) + 1)
    const repeat = at > 0 && distance <= at && next(3) > 0
    for (let n = 0; n < length; n++, at++) bytes[at] = repeat ? (bytes[at - distance] as number) : next(256)
  }
  return bytes
}

describe('compression', () => {
  const sizes = [0, 1, 5, 12, 13, 100, 4_096, 32_768, 65_536, 65_537, 300_000]

  test.each(compressions)('%s gives back what it was given', name => {
    const id = compressions.indexOf(name)
    for (const size of sizes) {
      for (let seed = 1; seed <= 5; seed++) {
        const bytes = sample(seed, size)
        expect(decompress(id, compress(name, bytes))?.equals(bytes), `seed ${seed}, size ${size}`).toBe(true)
      }
    }
  })

  test.each(['lz4', 'snappy'] as const)('%s makes repetitive text much smaller, and noise hardly larger', name => {
    const text = Buffer.from('{"event_id":"997","event_type":"click"}'.repeat(2_000))
    expect(compress(name, text).length).toBeLessThan(text.length / 10)
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 24))
    expect(compress(name, noise).length).toBeLessThan(noise.length * 1.01 + 100)
  })

  test('damaged data is an error, never a wrong answer beyond bounds or a hang', () => {
    for (const [pack, unpack] of [
      [lz4Compress, lz4Decompress],
      [snappyCompress, snappyDecompress],
    ] as const) {
      const bytes = sample(7, 5_000)
      const packed = pack(bytes)
      for (let at = 0; at < packed.length; at++) {
        const damaged = Buffer.from(packed)
        damaged[at] = (damaged[at] as number) ^ 0xff
        try {
          unpack(damaged)
        } catch (error) {
          expect(error, `byte ${at}`).toMatchObject({ code: 'SOURCE_CORRUPT' })
        }
      }
      for (const end of [3, 10, 100, packed.length - 5]) {
        const outcome = (() => {
          try {
            return unpack(packed.subarray(0, end))?.length ?? -1
          } catch {
            return -1
          }
        })()
        expect(outcome, `cut at ${end}`).toBeLessThan(bytes.length)
      }
    }
  })

  test('snappy blocks are as other readers know them, each in its length and none of more than 32 KiB', () => {
    const raw = sample(5, 100_000)
    const framed = snappyCompress(raw)
    expect(framed.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001')
    const pieces: Buffer[] = []
    for (let at = 16; at < framed.length; at += 4 + framed.readInt32BE(at)) {
      const piece = Buffer.alloc(Math.min(32_768, raw.length - pieces.length * 32_768))
      snappyUncompress(framed.subarray(at + 4, at + 4 + framed.readInt32BE(at)), piece)
      pieces.push(piece)
    }
    expect(pieces).toHaveLength(4)
    expect(Buffer.concat(pieces).equals(raw)).toBe(true)
  })

  test('snappy without a frame is read, too', () => {
    // 'aaaaaaaaaa': length 10, literal 'a', copy of 9 from distance 1.
    expect(snappyDecompress(Buffer.from([10, 0, 0x61, 0x22, 0x01, 0x00]))?.toString()).toBe('aaaaaaaaaa')
  })

  test('Zstandard blocks of one repeated byte are passed over as such', () => {
    // Single segment, its size in a byte; the last block repeats one byte a hundred times.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 100, 0x23, 0x03, 0x00, 97])
    expect(decompress(4, Buffer.concat([frame, frame]))?.toString()).toBe('a'.repeat(200))
  })

  test('linked LZ4 blocks reach back over their border', async () => {
    // Frame flags 0x40: version 1, blocks linked. First block: 'abcd' as literals; second: a match of 8 at distance 4.
    const frame = Buffer.from([
      4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0, 5, 0, 0, 0, 0x40, 97, 98, 99, 100, 4, 0, 0, 0, 0x04, 4, 0, 0x00, 0, 0, 0, 0,
    ])
    expect(lz4Decompress(frame)?.toString()).toBe('abcdabcdabcd')
    const pieces: string[] = []
    for await (const piece of decompressInPieces(3, frame)) pieces.push(piece.toString())
    expect(pieces).toEqual(['abcd', 'abcdabcd'])
  })

  describe('several frames in one batch', () => {
    const skippable = (n: number, content: string) => {
      const head = Buffer.alloc(8)
      head.writeUInt32LE(0x184d2a50 + n, 0)
      head.writeUInt32LE(content.length, 4)
      return Buffer.concat([head, Buffer.from(content)])
    }
    const parts = [sample(1, 100), Buffer.alloc(0), sample(2, 150_000), sample(3, 1)]
    const whole = Buffer.concat(parts)
    const [gzip, snappy, lz4, zstd] = [1, 2, 3, 4]
    const zstdWith = (options: Record<number, number>) => parts.map(part => zstdCompressSync(part, { params: options }))
    const cases = [
      ['gzip members', gzip, parts.map(part => gzipSync(part))],
      ['snappy streams, each with its header', snappy, parts.map(part => snappyCompress(part))],
      ['LZ4 frames', lz4, parts.map(part => lz4Compress(part))],
      [
        'LZ4 frames among skippable ones',
        lz4,
        parts.flatMap((part, n) => [skippable(n, 'x'.repeat(n)), lz4Compress(part)]).concat(skippable(15, 'end')),
      ],
      ['zstd frames', zstd, zstdWith({})],
      ['zstd frames with checksums', zstd, zstdWith({ [constants.ZSTD_c_checksumFlag]: 1 })],
      ['zstd frames without their size', zstd, zstdWith({ [constants.ZSTD_c_contentSizeFlag]: 0 })],
      [
        'zstd frames among skippable ones',
        zstd,
        parts.flatMap((part, n) => [skippable(n, 'x'.repeat(n)), zstdCompressSync(part)]).concat(skippable(15, 'end')),
      ],
    ] as const

    test.each(cases)('%s are all read, in one piece and in many', async (_what, codec, frames) => {
      const packed = Buffer.concat(frames)
      expect(decompress(codec, packed)?.equals(whole)).toBe(true)
      const pieces: Buffer[] = []
      for await (const piece of decompressInPieces(codec, packed)) pieces.push(Buffer.from(piece))
      expect(Buffer.concat(pieces).equals(whole)).toBe(true)
    })

    test.each(cases)('%s that come to more than the limit are not held in memory', (_what, codec, frames) => {
      const packed = Buffer.concat(frames)
      expect(decompress(codec, packed, whole.length)?.length).toBe(whole.length)
      expect(decompress(codec, packed, whole.length - 1)).toBeUndefined()
      expect(decompress(codec, packed, 0)).toBeUndefined()
    })

    test.each(cases.filter(([, codec]) => codec !== gzip))(
      '%s that are cut off are damage, wherever',
      (_what, codec, frames) => {
        const packed = Buffer.concat(frames)
        const borders = new Set([0])
        let at = 0
        for (const frame of frames) borders.add((at += frame.length))
        for (let end = 0; end < packed.length; end += end < 400 ? 1 : 997) {
          if (borders.has(end) || (codec === snappy && borders.has(end - 16))) continue
          expect(() => decompress(codec, packed.subarray(0, end)), `cut at ${end}`).toThrow(
            expect.objectContaining({ code: 'SOURCE_CORRUPT' }),
          )
        }
      },
    )
  })

  test('a codec from the future is named', () => {
    expect(() => decompress(5, Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'SOURCE_CODEC_MISSING' }))
  })
})

describe('known answers', () => {
  test('CRC-32C', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.from('xx123456789xx'), 2, 11)).toBe(0xe3069283)
  })

  test('xxHash32', () => {
    expect(xxHash32(Buffer.alloc(0))).toBe(0x02cc5d05)
    expect(xxHash32(Buffer.from('abc'))).toBe(0x32d153ff)
    expect(xxHash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
  })

  test("keys go where Java's default partitioner sends them", () => {
    // From Kafka's own tests of Utils.murmur2: '21' → -973932308, 'foobar' → -790332482, 'a-little-bit-long-string' → -985981536.
    expect(partitionOf(Buffer.from('21'), 1_000_000_007)).toBe((-973932308 & 0x7fffffff) % 1_000_000_007)
    expect(partitionOf(Buffer.from('foobar'), 1_000_000_007)).toBe((-790332482 & 0x7fffffff) % 1_000_000_007)
    expect(partitionOf(Buffer.from('a-little-bit-long-string'), 1_000_000_007)).toBe(
      (-985981536 & 0x7fffffff) % 1_000_000_007,
    )
  })
})
