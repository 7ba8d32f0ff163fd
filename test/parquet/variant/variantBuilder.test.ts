import { describe, expect, test } from 'vitest'

import { ParquetError } from '../../../shared/parquet/base/parquetError.js'
import { VariantBuilder } from '../../../shared/parquet/variant/variantBuilder.js'
import { VariantNames } from '../../../shared/parquet/variant/variantMetadata.js'
import type { Row } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { variantText } from '../variantText.js'

const keys = ['', 'a', 'b', 'cc', 'ü', '\u{1f600}', '__proto__', 'a much longer name than the others'].map(name =>
  Buffer.from(name).toString('latin1'),
)

function appendRandom(builder: VariantBuilder, random: Random, depth: number): void {
  const kind = random.below(depth === 0 ? 8 : 10)
  const scalars: readonly (() => void)[] = [
    () => {
      builder.appendBoolean(random.below(2) === 0)
    },
    () => {
      builder.appendInteger(random.long())
    },
    () => {
      builder.appendString(Buffer.from(random.text(90)))
    },
    () => {
      builder.appendDecimal(random.long(), random.below(39))
    },
    () => {
      builder.appendDate(random.below(1000))
    },
    () => {
      builder.appendBinary(Buffer.from(random.text(9)))
    },
    () => {
      builder.appendDouble(random.next())
    },
    () => {
      builder.appendTime(12, random.long())
    },
  ]
  if (kind < 8) return scalars[kind]?.()
  const container = builder.open()
  const isObject = kind === 8
  for (const key of keys) {
    if (random.below(2) === 0) continue
    builder.part(container, isObject ? key : undefined)
    appendRandom(builder, random, depth - 1)
  }
  if (isObject) builder.closeObject(container)
  else builder.closeArray(container)
}

const bytesOf = (variant: Row) => [variant['metadata'] as Uint8Array, variant['value'] as Uint8Array] as const

function again(metadata: Uint8Array, value: Uint8Array): Row {
  const builder = new VariantBuilder()
  builder.appendVariant(new VariantNames(metadata), value)
  return builder.take()
}

describe('variants from parts', () => {
  test('a value says the same after it is appended to another one, and nothing of one before it is left', () => {
    const random = new Random()
    const builder = new VariantBuilder()
    for (let round = 0; round < 500; round++) {
      appendRandom(builder, random, 4)
      const made = builder.take()
      const copied = again(...bytesOf(made))
      expect(variantText(copied), `${seedNote}, round ${round}`).toBe(variantText(made))
      expect(again(...bytesOf(copied)), `${seedNote}, round ${round}`).toEqual(copied)
    }
  })

  test('two fields of one name are an error, whichever numbers the name has', () => {
    const value = Uint8Array.of(2, 2, 0, 1, 0, 1, 2, 0, 0)
    expect(() => again(Uint8Array.of(1, 2, 0, 1, 2, 97, 97), value)).toThrow(/two fields a/)
  })

  test('parts that share bytes are an error, before they are more than memory holds', () => {
    let value = Uint8Array.of(0)
    for (let depth = 0; depth < 8; depth++) {
      const size = value.length
      value = Uint8Array.of(
        3 | (3 << 2),
        255,
        ...Array.from({ length: 255 }, () => [0, 0, 0, 0]).flat(),
        size & 255,
        size >> 8,
        0,
        0,
        ...value,
      )
    }
    expect(() => again(Uint8Array.of(1, 0, 0), value)).toThrow(/overlap/)
  })

  test('what is too deep is reported, and is no crash', () => {
    const nested = (depth: number) => {
      let value = Buffer.of(0)
      for (let i = 0; i < depth; i++) {
        const head = Buffer.of(3 | (3 << 2), 1, 0, 0, 0, 0, 0, 0, 0, 0)
        head.writeUInt32LE(value.length, 6)
        value = Buffer.concat([head, value])
      }
      return value
    }
    expect(() => again(Uint8Array.of(1, 0, 0), nested(1001))).toThrow(/1000 levels/)
    expect(variantText(again(Uint8Array.of(1, 0, 0), nested(1000)))).toBe(`${'['.repeat(1000)}null${']'.repeat(1000)}`)
  })

  test('any bytes are a variant or a ParquetError, and nothing else', () => {
    const random = new Random()
    const builder = new VariantBuilder()
    for (let round = 0; round < 5000; round++) {
      appendRandom(builder, random, 3)
      const [metadata, value] = bytesOf(builder.take())
      for (let flips = 1 + random.below(4); flips > 0; flips--) {
        const bytes = random.below(3) === 0 ? metadata : value
        bytes[random.below(bytes.length)] = random.below(256)
      }
      const cut = random.below(4) === 0 ? value.subarray(0, random.below(value.length + 1)) : value
      const noise = random.below(4) === 0 ? Uint8Array.from({ length: random.below(40) }, () => random.below(256)) : cut
      try {
        const { value: copy } = again(metadata, noise) as { value: Uint8Array }
        expect(copy.length, `${seedNote}, round ${round}`).toBeLessThanOrEqual(noise.length * 2)
      } catch (error) {
        expect(error, `${seedNote}, round ${round}`).toBeInstanceOf(ParquetError)
      }
    }
  })
})
