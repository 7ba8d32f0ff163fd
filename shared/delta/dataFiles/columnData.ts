import { decodedData, type StoredData, Utf8Column } from '../../parquet/index.js'
import type { ColumnData, Value } from '../../types/index.js'

/** Values of columns sliced and concatenated. */

type TypedData = Exclude<ColumnData, readonly Value[]>

/** The values at `rows`, as a typed array where they were one; strings stay as they are stored. */
export function pickedData<D extends StoredData>(data: D | ColumnData, rows: ArrayLike<number>): D | ColumnData {
  if (data instanceof Utf8Column) return data.picked(rows) as D
  const { length } = rows
  const output = Array.isArray(data)
    ? new Array<unknown>(length)
    : new (data.constructor as new (length: number) => Record<number, unknown>)(length)
  for (let i = 0; i < length; i++) output[i] = data[rows[i] ?? 0]
  return output as ColumnData
}

/** The parts' values one after another. */
export function joinedData(parts: readonly ColumnData[]): ColumnData {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (first !== undefined && isTyped(first) && parts.every(part => part.constructor === first.constructor)) {
    const joined = new (first.constructor as new (length: number) => TypedData)(length)
    let at = 0
    for (const part of parts) {
      ;(joined as { set(from: ColumnData, at: number): void }).set(part, at)
      at += part.length
    }
    return joined
  }
  const joined = new Array<Value>(length)
  let at = 0
  for (const part of parts) for (const value of part) joined[at++] = value
  return joined
}

/** As {@link joinedData}; where strings of a part are as they are stored, those of the others become so, too. */
export function joinedStored(parts: readonly StoredData[]): StoredData {
  if (!parts.some(part => part instanceof Utf8Column)) return joinedData(parts.map(decodedData))
  const encoded = parts.flatMap(part => asStored(part) ?? [])
  const joined = encoded.length === parts.length ? Utf8Column.joined(encoded) : undefined
  return joined ?? joinedData(parts.map(decodedData))
}

/** Undefined for what are no strings, and for too many. */
function asStored(data: StoredData): Utf8Column | undefined {
  if (data instanceof Utf8Column) return data
  return isStrings(data) ? Utf8Column.ofStrings(data) : undefined
}

/** Whether all values are strings or null. */
export function isStrings(data: ColumnData): data is readonly (string | null)[] {
  return !isTyped(data) && data.every(value => value === null || typeof value === 'string')
}

/** How many values of a column are sampled to estimate the size of all. */
const sampled = 64

/** The bytes that values take in memory, about. */
export function dataBytes(data: StoredData): number {
  if (data instanceof Utf8Column) return data.bytes.length + data.ends.byteLength
  if (isTyped(data)) return data.byteLength
  const step = Math.max(1, Math.floor(data.length / sampled))
  let [bytes, seen] = [0, 0]
  for (let i = 0; i < data.length; i += step, seen++) bytes += valueBytes(data[i] ?? null)
  return seen === 0 ? 0 : Math.ceil((bytes / seen) * data.length)
}

function valueBytes(value: Value | undefined): number {
  if (value === null || value === undefined) return 8
  switch (typeof value) {
    case 'string':
      return 24 + value.length
    case 'bigint':
      return 32
    case 'object': {
      if (value instanceof Uint8Array) return 96 + value.length
      const inner: readonly (Value | undefined)[] = Array.isArray(value) ? value : Object.values(value)
      let bytes = 48
      for (const item of inner) bytes += 8 + valueBytes(item)
      return bytes
    }
    default:
      return 8
  }
}

function isTyped(data: ColumnData): data is TypedData {
  return !Array.isArray(data)
}
