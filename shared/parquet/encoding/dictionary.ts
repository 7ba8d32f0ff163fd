import type { Utf8Column } from '../base/index.js'
import type { PhysicalValues } from './physicalValues.js'

/** Distinct values in the order they appear, and for each value its place among them. */
export interface Dictionary {
  readonly distinct: PhysicalValues
  readonly indexes: Int32Array
}

const sampleSize = 1000
const maxDistinct = 20_000

/** A dictionary of the values when they repeat enough to be worth one. */
export function dictionaryOf(physical: PhysicalValues): Dictionary | undefined {
  if (physical.values.length < 2) return undefined
  switch (physical.kind) {
    case 'text':
      return textDictionary(physical.values)
    case 'encodedText':
      return encodedTextDictionary(physical.values)
    case 'bytes':
      return constant(physical.values, sameBytes) ? one(physical) : undefined
    case 'encodedBytes':
      return physical.values.isConstant() ? one(physical) : undefined
    case 'fixed':
      return constant(physical.values, sameBytes) ? one(physical) : undefined
    case 'boolean':
      return undefined
    default: {
      const values: ArrayLike<number | bigint> = physical.values
      return constant(values, Object.is) ? one(physical) : undefined
    }
  }
}

function textDictionary(values: readonly string[]): Dictionary | undefined {
  const places = new Map<string, number>()
  const distinct: string[] = []
  const indexes = new Int32Array(values.length)
  let last: string | undefined
  let lastPlace = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string
    if (value !== last) {
      const place = places.get(value)
      if (place === undefined) {
        lastPlace = distinct.length
        places.set(value, lastPlace)
        distinct.push(value)
        if (i < sampleSize ? lastPlace > sampleSize / 2 : lastPlace > maxDistinct || lastPlace * 2 > i) return undefined
      } else {
        lastPlace = place
      }
      last = value
    }
    indexes[i] = lastPlace
  }
  // In a short column every value may be new; then plain values are smaller.
  return distinct.length * 2 > values.length ? undefined : { distinct: { kind: 'text', values: distinct }, indexes }
}

/**
 * As {@link textDictionary}, by the bytes; most columns that are passed on as stored repeat nothing, which a small sample
 * shows.
 */
function encodedTextDictionary(values: Utf8Column): Dictionary | undefined {
  const few = values.slice(0, sampleSize).strings()
  if (new Set(few).size > sampleSize / 2 + 1) return undefined
  const { ends, length } = values
  const bytes = values.bytes
  const table = new Int32Array(tableSizeOf(length))
  const mask = table.length - 1
  const rows: number[] = []
  const indexes = new Int32Array(length)
  for (let row = 0, start = 0; row < length; row++) {
    const end = ends[row] as number
    let hash = end - start
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    let slot = (hash ^ (hash >>> 15)) & mask
    let place = (table[slot] as number) - 1
    while (place >= 0 && !isAt(values, rows[place] as number, start, end)) {
      slot = (slot + 1) & mask
      place = (table[slot] as number) - 1
    }
    if (place < 0) {
      place = rows.length
      table[slot] = place + 1
      rows.push(row)
      if (row < sampleSize ? place > sampleSize / 2 : place > maxDistinct || place * 2 > row) return undefined
    }
    indexes[row] = place
    start = end
  }
  if (rows.length * 2 > length) return undefined
  return { distinct: { kind: 'encodedText', values: values.picked(rows) }, indexes }
}

/** A power of two, at least twice as many places as are ever taken: a short row group has a short table. */
function tableSizeOf(rows: number): number {
  return 2 ** Math.ceil(Math.log2(2 * Math.min(rows, maxDistinct + 2)))
}

/** Whether the text of a row is the one that stands at `start`. */
function isAt(values: Utf8Column, row: number, start: number, end: number): boolean {
  const { bytes } = values
  const other = values.start(row)
  const size = end - start
  if ((values.ends[row] as number) - other !== size) return false
  for (let i = 0; i < size; i++) if (bytes[other + i] !== bytes[start + i]) return false
  return true
}

function constant<T>(values: ArrayLike<T>, same: (a: T, b: T) => boolean): boolean {
  const first = values[0] as T
  // The last one first: in most columns that vary it differs.
  if (!same(first, values[values.length - 1] as T)) return false
  for (let i = 1; i < values.length; i++) if (!same(first, values[i] as T)) return false
  return true
}

function one(physical: PhysicalValues): Dictionary {
  return { distinct: firstOf(physical), indexes: new Int32Array(physical.values.length) }
}

function firstOf(physical: PhysicalValues): PhysicalValues {
  return { ...physical, values: physical.values.slice(0, 1) } as PhysicalValues
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0)
}
