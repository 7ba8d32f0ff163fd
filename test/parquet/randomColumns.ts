import type { Column, DataType, StructField, Value } from '../../shared/types/index.js'
import type { Random } from '../random.js'

const texts = ['', 'a', 'click', 'emoji 😀👩‍👩‍👧', 'ünïcödé', '\u0000', '\ud7ff\ue000', '𐍈', 'x'.repeat(300), '"[]"', ' ']
const micros = [0n, -1n, 1n, -62135596800000000n, 253402300799999999n, 1743528277000000n, 2n ** 63n - 1n, -(2n ** 63n)]
const longs = [
  0n,
  1n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 52n,
  2n ** 32n,
]
const doubles = [0, -0, NaN, Infinity, -Infinity, 1.5, Number.MAX_VALUE, Number.MIN_VALUE, -1984.25, 2 ** 53]
const floats = [0, -0, NaN, Infinity, -Infinity, 1.5, Math.fround(3.4e38), 2 ** -149]

/** A value of the type: an extreme one about every third time. */
export function randomValue(random: Random, type: DataType, depth = 0): Value {
  const extreme = random.below(3) === 0
  switch (type) {
    case 'string':
      return extreme ? random.pick(texts) : `event-${random.below(1000)}`
    case 'binary':
      return Uint8Array.from({ length: extreme ? random.below(300) : random.below(9) }, () => random.below(256))
    case 'boolean':
      return random.below(2) === 0
    case 'byte':
      return extreme ? random.pick([-128, 127]) : random.below(256) - 128
    case 'short':
      return extreme ? random.pick([-32768, 32767]) : random.below(65536) - 32768
    case 'integer':
      return extreme ? random.pick([-2147483648, 2147483647, 0]) : random.below(1000)
    case 'date':
      return extreme ? random.pick([-719162, 2932896, -1, 0]) : 20000 + random.below(30)
    case 'long':
      return extreme ? random.pick(longs) : BigInt(random.below(2 ** 32))
    case 'timestamp':
    case 'timestamp_ntz':
      return extreme ? random.pick(micros) : 1743528277000000n + BigInt(random.below(1e9))
    case 'float':
      return extreme ? random.pick(floats) : Math.fround(random.next() * 100)
    case 'double':
      return extreme ? random.pick(doubles) : random.next() * 100
    default:
  }
  if (typeof type === 'string') throw new Error('a type without values')
  const nullable = (inner: DataType, allowed: boolean) =>
    allowed && random.below(4) === 0 ? null : randomValue(random, inner, depth + 1)
  switch (type.type) {
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision)
      if (extreme) return random.pick([limit - 1n, 1n - limit, 0n, -1n])
      return (
        (BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)) * (random.below(2) === 0 ? 1n : -1n)) % limit
      )
    }
    case 'struct':
      return Object.fromEntries(type.fields.map(field => [field.name, nullable(field.type, field.nullable)]))
    case 'array':
      return Array.from({ length: random.below(4) }, () => nullable(type.elementType, type.containsNull))
    case 'map':
      return Array.from({ length: random.below(4) }, () => ({
        key: randomValue(random, type.keyType, depth + 1),
        value: nullable(type.valueType, type.valueContainsNull),
      }))
  }
}

/** A column of random values; `nulls` is the share of nulls. */
export function randomColumn(random: Random, field: StructField, rows: number, nulls = 0.2): Column {
  const data = Array.from({ length: rows }, () =>
    field.nullable && random.next() < nulls ? null : randomValue(random, field.type),
  )
  return { field, data }
}

/** A random type, nested up to `depth` levels. */
export function randomType(random: Random, depth: number): DataType {
  const kind = depth > 0 ? random.below(8) : 0
  if (kind === 5) {
    const fields = Array.from({ length: 1 + random.below(3) }, (_, i) => ({
      name: `f${i}`,
      type: randomType(random, depth - 1),
      nullable: random.below(3) > 0,
    }))
    return { type: 'struct', fields }
  }
  if (kind === 6)
    return { type: 'array', elementType: randomType(random, depth - 1), containsNull: random.below(2) > 0 }
  if (kind === 7) {
    const valueType = randomType(random, depth - 1)
    return { type: 'map', keyType: random.pick(['string', 'long']), valueType, valueContainsNull: random.below(2) > 0 }
  }
  return random.pick(flatTypes)
}

export const flatTypes: readonly DataType[] = [
  'string',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  { type: 'decimal', precision: 1, scale: 0 },
  { type: 'decimal', precision: 9, scale: 2 },
  { type: 'decimal', precision: 10, scale: 10 },
  { type: 'decimal', precision: 18, scale: 5 },
  { type: 'decimal', precision: 19, scale: 0 },
  { type: 'decimal', precision: 38, scale: 18 },
]
