import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import type { DataType, StructField, Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const names = ['a', 'b', 'c'] as const

function randomType(random: Random, depth: number): DataType {
  switch (depth === 0 ? 0 : random.below(4)) {
    case 1:
      return {
        type: 'struct',
        fields: names.slice(0, 1 + random.below(3)).map(name => field(name, randomType(random, depth - 1))),
      }
    case 2:
      return { type: 'array', elementType: randomType(random, depth - 1), containsNull: true }
    case 3:
      return { type: 'map', keyType: 'string', valueType: randomType(random, depth - 1), valueContainsNull: true }
    default:
      return random.pick(['string', 'integer', 'boolean'] as const)
  }
}

function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true }
}

/** A place of the type where nothing ever stands, or undefined to have values everywhere. */
type Barren = ReadonlySet<DataType>

function barrenPlaces(random: Random, type: DataType, places = new Set<DataType>()): Barren {
  if (typeof type === 'string') return places
  if (random.below(3) === 0) places.add(type)
  if (type.type === 'struct') for (const { type: inner } of type.fields) barrenPlaces(random, inner, places)
  else if (type.type === 'array') barrenPlaces(random, type.elementType, places)
  else if (type.type === 'map') barrenPlaces(random, type.valueType, places)
  return places
}

function randomValue(random: Random, type: DataType, barren: Barren, nulls: ReadonlySet<string>, path: string): Value {
  if (nulls.has(path) || (typeof type !== 'string' && barren.has(type)) || random.below(5) === 0) return null
  if (typeof type === 'string')
    return type === 'string' ? random.text(5) : type === 'integer' ? random.below(100) : random.below(2) === 0
  switch (type.type) {
    case 'struct':
      return Object.fromEntries(
        type.fields.map(({ name, type: inner }) => [
          name,
          randomValue(random, inner, barren, nulls, `${path}.${name}`),
        ]),
      )
    case 'array':
      return Array.from({ length: random.below(3) }, () =>
        randomValue(random, type.elementType, barren, nulls, `${path}.item`),
      )
    case 'map':
      return Array.from({ length: random.below(3) }, (_, i) => ({
        key: `k${i}`,
        value: randomValue(random, type.valueType, barren, nulls, `${path}.value`),
      }))
    default:
      return null
  }
}

describe('nested values', () => {
  test('come back as they were although some place in them, the first too, is null in every row', async () => {
    const random = new Random()
    for (let round = 0; round < 400; round++) {
      const type = randomType(random, 3)
      const barren = barrenPlaces(random, type)
      // Leaves by their path, so that a struct's first one is among them often enough.
      const nulls = new Set(
        ['x.a', 'x.b', 'x.a.a', 'x.item', 'x.item.a', 'x.value', 'x.value.a'].filter(() => random.below(3) === 0),
      )
      const data = Array.from({ length: random.below(12) }, () => randomValue(random, type, barren, nulls, 'x'))
      const file = await openParquet(
        bufferSource(encodeParquet([{ field: field('x', type), data }], { codec: 'snappy' })),
      )
      const [column] = await file.readColumns()
      expect(Array.from(column?.data ?? []), `${seedNote}, round ${round}: ${JSON.stringify(type)}`).toEqual(data)
    }
  })
})
