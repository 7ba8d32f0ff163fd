import type { ColumnData, Value } from '../../types/index.js'
import { BinaryColumn, ParquetError, Utf8Column, type WrittenData } from '../base/index.js'
import type { LeafNode } from '../schema/index.js'

/** Values as a file's physical types hold them; see {@link physicalValues}. */
export type PhysicalValues =
  | { readonly kind: 'int32'; readonly values: Int32Array }
  | { readonly kind: 'int64'; readonly values: BigInt64Array }
  | { readonly kind: 'float'; readonly values: Float32Array }
  | { readonly kind: 'double'; readonly values: Float64Array }
  | { readonly kind: 'boolean'; readonly values: Uint8Array }
  | { readonly kind: 'text'; readonly values: readonly string[] }
  | { readonly kind: 'encodedText'; readonly values: Utf8Column }
  | { readonly kind: 'encodedBytes'; readonly values: BinaryColumn }
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'fixed'; readonly values: readonly Uint8Array[]; readonly width: number }

/** Non-null values of one column as its physical type holds them; refuses what the column cannot hold. Pure. */
export function physicalValues(leaf: LeafNode, data: WrittenData): PhysicalValues {
  const { type } = leaf
  if (data instanceof Utf8Column) {
    if (type !== 'string') throw misfit(leaf, data.text(0))
    return { kind: 'encodedText', values: data }
  }
  if (data instanceof BinaryColumn) {
    if (type !== 'binary') throw misfit(leaf, data.value(0))
    return { kind: 'encodedBytes', values: data }
  }
  switch (type) {
    case 'string':
      return { kind: 'text', values: strings(leaf, data) }
    case 'binary':
      return { kind: 'bytes', values: binaries(leaf, data) }
    case 'boolean':
      return { kind: 'boolean', values: booleans(leaf, data) }
    case 'byte':
      return { kind: 'int32', values: integers(leaf, data, -0x80, 0x7f) }
    case 'short':
      return { kind: 'int32', values: integers(leaf, data, -0x8000, 0x7fff) }
    case 'integer':
    case 'date':
      return { kind: 'int32', values: integers(leaf, data, -0x80000000, 0x7fffffff) }
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
      return { kind: 'int64', values: longs(leaf, data) }
    case 'float':
      return { kind: 'float', values: data instanceof Float32Array ? data : Float32Array.from(numbers(leaf, data)) }
    case 'double':
      return { kind: 'double', values: data instanceof Float64Array ? data : Float64Array.from(numbers(leaf, data)) }
    case 'void':
      throw misfit(leaf, data[0])
    default:
      return decimals(leaf, data, type.precision)
  }
}

function integers(leaf: LeafNode, data: ColumnData, min: number, max: number): Int32Array {
  const whole = data instanceof Int32Array
  if (whole && min === -0x80000000) return data
  const output = whole ? data : new Int32Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) throw misfit(leaf, value)
    output[i] = value
  }
  return output
}

function longs(leaf: LeafNode, data: ColumnData): BigInt64Array {
  if (data instanceof BigInt64Array) return data
  const output = new BigInt64Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (typeof value !== 'bigint') throw misfit(leaf, value)
    output[i] = value
    // Storing wraps around silently.
    if (output[i] !== value) throw misfit(leaf, value)
  }
  return output
}

function numbers(leaf: LeafNode, data: ColumnData): readonly number[] {
  for (const value of data) if (typeof value !== 'number') throw misfit(leaf, value)
  return data as readonly number[]
}

function strings(leaf: LeafNode, data: ColumnData): readonly string[] {
  for (let i = 0; i < data.length; i++) if (typeof data[i] !== 'string') throw misfit(leaf, data[i])
  return data as readonly Value[] as readonly string[]
}

function binaries(leaf: LeafNode, data: ColumnData): readonly Uint8Array[] {
  for (let i = 0; i < data.length; i++) if (!(data[i] instanceof Uint8Array)) throw misfit(leaf, data[i])
  return data as readonly Value[] as readonly Uint8Array[]
}

function booleans(leaf: LeafNode, data: ColumnData): Uint8Array {
  const output = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (typeof value !== 'boolean') throw misfit(leaf, value)
    output[i] = value ? 1 : 0
  }
  return output
}

function decimals(leaf: LeafNode, data: ColumnData, precision: number): PhysicalValues {
  const limit = 10n ** BigInt(precision)
  for (const value of data) {
    if (typeof value !== 'bigint' || value >= limit || value <= -limit) throw misfit(leaf, value)
  }
  const unscaled = data as readonly bigint[]
  if (leaf.element.type === 'INT32') return { kind: 'int32', values: Int32Array.from(unscaled, Number) }
  if (leaf.element.type === 'INT64') return { kind: 'int64', values: BigInt64Array.from(unscaled) }
  const width = leaf.element.type_length ?? 16
  return { kind: 'fixed', width, values: unscaled.map(value => bigEndian(value, width)) }
}

function bigEndian(value: bigint, width: number): Uint8Array {
  const bytes = Buffer.from(
    BigInt.asUintN(width * 8, value)
      .toString(16)
      .padStart(width * 2, '0'),
    'hex',
  )
  return bytes
}

function misfit(leaf: LeafNode, value: unknown): ParquetError {
  const column = leaf.path.join('.')
  const type = typeof leaf.type === 'string' ? leaf.type : `decimal(${leaf.type.precision},${leaf.type.scale})`
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 60)
  return new ParquetError('PARQUET_BAD_VALUE', `Column ${column} (${type}) cannot hold ${shown} (${typeof value}).`, {
    data: { column, type },
  })
}
