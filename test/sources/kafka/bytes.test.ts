import { describe, expect, test } from 'vitest'

import { ByteReader, ByteWriter, varintSize } from '../../../shared/sources/kafka/bytes.js'
import { Random, seedNote } from '../../random.js'

const long = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, n) => Number((BigInt.asUintN(64, value) >> BigInt(56 - 8 * n)) & 0xffn))
const int = (value: number, size: number): number[] => long(BigInt(value)).slice(8 - size)

/** Zigzag, as protocol buffers have it. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

/** One thing to write, what it comes to byte by byte, and how it is read back (none: the reader has no such method). */
interface Step {
  readonly write: (writer: ByteWriter) => unknown
  readonly bytes: readonly number[]
  readonly read?: readonly [(reader: ByteReader) => unknown, unknown]
}

function anyStep(random: Random): Step {
  const whole = (bits: number) => Math.floor(random.next() * 2 ** bits) - 2 ** (bits - 1)
  const blob = Uint8Array.from({ length: random.below(random.pick([3, 40, 700])) }, () => random.below(256))
  switch (random.below(10)) {
    case 0: {
      const value = whole(8)
      return { write: w => w.int8(value), bytes: int(value, 1), read: [r => r.int8(), value] }
    }
    case 1: {
      const value = whole(16)
      return { write: w => w.int16(value), bytes: int(value, 2), read: [r => r.int16(), value] }
    }
    case 2: {
      const value = whole(32)
      return { write: w => w.int32(value), bytes: int(value, 4), read: [r => r.int32(), value] }
    }
    case 3: {
      const value = whole(32) + 2 ** 31
      return { write: w => w.uint32(value), bytes: int(value, 4) }
    }
    case 4: {
      const value = random.long()
      return { write: w => w.int64(value), bytes: long(value), read: [r => r.int64(), value] }
    }
    case 5: {
      const value = random.below(8) === 0 ? null : random.text(random.pick([5, 300]))
      const utf8 = [...Buffer.from(value ?? '')]
      return {
        write: w => w.string(value),
        bytes: [...int(value === null ? -1 : utf8.length, 2), ...utf8],
        read: [r => r.nullableString(), value],
      }
    }
    case 6:
      return {
        write: w => w.byteArray(blob),
        bytes: [...int(blob.length, 4), ...blob],
        read: [r => [...r.byteArray()], [...blob]],
      }
    case 7: {
      const items = Array.from(blob, n => n * 1_000)
      return {
        write: w => w.array(items, item => w.int32(item)),
        bytes: [...int(items.length, 4), ...items.flatMap(n => int(n, 4))],
        read: [r => r.array(() => r.int32()), items],
      }
    }
    case 8: {
      const value = whole(random.pick([5, 14, 33, 53]))
      return { write: w => w.varint(value), bytes: varint(value) }
    }
    default: {
      const value = random.below(4) === 0 ? null : blob
      return { write: w => w.varBytes(value), bytes: value === null ? varint(-1) : [...varint(value.length), ...value] }
    }
  }
}

describe('bytes of requests', () => {
  test('whatever is written, in whatever order and from whatever capacity, is what a list of bytes would hold', () => {
    const random = new Random()
    for (let round = 0; round < 600; round++) {
      const steps = Array.from({ length: random.below(24) }, () => anyStep(random))
      const writer = new ByteWriter(random.pick([0, 1, 7, 64, 256]))
      for (const { write } of steps) write(writer)
      const expected = steps.flatMap(({ bytes }) => [...bytes])
      expect(writer.length, `${seedNote}, round ${round}`).toBe(expected.length)
      expect([...writer.finish()], `${seedNote}, round ${round}`).toEqual(expected)
    }
  })

  test('what is written is read back', () => {
    const random = new Random()
    for (let round = 0; round < 300; round++) {
      const steps = Array.from({ length: random.below(24) }, () => anyStep(random)).flatMap(step =>
        step.read === undefined ? [] : [{ ...step, read: step.read }],
      )
      const writer = new ByteWriter(random.below(40))
      for (const { write } of steps) write(writer)
      const reader = new ByteReader(writer.finish())
      for (const {
        read: [read, value],
      } of steps)
        expect(read(reader), `${seedNote}, round ${round}`).toEqual(value)
    }
  })

  test.each([
    ['int8', (w: ByteWriter) => w.int8(1), 1],
    ['int16', (w: ByteWriter) => w.int16(1), 2],
    ['int32', (w: ByteWriter) => w.int32(1), 4],
    ['uint32', (w: ByteWriter) => w.uint32(1), 4],
    ['int64', (w: ByteWriter) => w.int64(1n), 8],
    ['string', (w: ByteWriter) => w.string('abc'), 5],
    ['raw', (w: ByteWriter) => w.raw(Buffer.from('abc')), 3],
    ['byteArray', (w: ByteWriter) => w.byteArray(Buffer.from('abc')), 7],
    ['varint', (w: ByteWriter) => w.varint(-1), 1],
    ['varBytes', (w: ByteWriter) => w.varBytes(Buffer.from('abc')), 4],
  ] as const)('%s at every distance from the end of the buffer it outgrows', (_name, write, size) => {
    const alone = [...write(new ByteWriter(64)).finish()]
    expect(alone).toHaveLength(size)
    for (let capacity = 0; capacity <= 24; capacity++) {
      for (let before = 0; before <= capacity + 2; before++) {
        const filling = new Uint8Array(before).fill(0xaa)
        expect([...write(new ByteWriter(capacity).raw(filling)).finish()], `${before} of ${capacity}`).toEqual([
          ...filling,
          ...alone,
        ])
      }
    }
  })

  test('a varint takes the bytes that were reckoned for it', () => {
    for (const value of [0, -1, 1, 63, 64, -64, -65, 8_191, 8_192, 2 ** 31, -(2 ** 31), 2 ** 52]) {
      expect(varintSize(value)).toBe(varint(value).length)
      expect([...new ByteWriter(0).varint(value).finish()]).toEqual(varint(value))
    }
  })

  test('a text longer than a Kafka string can be is a programming error, not a wrong length', () => {
    expect(() => new ByteWriter().string('x'.repeat(32_768))).toThrow(RangeError)
  })
})

describe('an answer that ends early', () => {
  test.each([
    ['a number', (r: ByteReader) => r.int64(), [0, 0, 0]],
    ['a text', (r: ByteReader) => r.string(), [0, 9, 97]],
    ['bytes', (r: ByteReader) => r.byteArray(), [0, 0, 0, 9, 97]],
    ['an array that would fill the memory', (r: ByteReader) => r.array(() => r.int8()), [0x7f, 0xff, 0xff, 0xff, 1]],
  ] as const)('inside %s is damage, and no error of the program', (_what, read, bytes) => {
    expect(() => read(new ByteReader(Buffer.from(bytes)))).toThrow(
      expect.objectContaining({ code: 'SOURCE_CORRUPT', retryable: false }),
    )
  })
})
