import { type DataType, dayMicros, type DecimalType, type PrimitiveType, type Value } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import type { DecodedArray, SchemaElement } from '../hyparquetInternals.js'
import { isUnsigned, type LeafNode, type LegacyCalendar } from '../schema/index.js'

/** Values of one column in memory, without nulls. */
export type DecodedValues = Value[] | BigInt64Array | Float64Array | Float32Array | Int32Array

/** Decodes what a page holds into the values of dataType.ts. */
export type ValueDecoder = (raw: DecodedArray) => DecodedValues

const julianEpochDay = 2_440_588n

/**
 * How a column of a file becomes values of type `wanted`: the column's own type or one it widens to (whole numbers, decimals
 * without a fraction among them, to longer ones, decimals, and floats and doubles that hold them; float to double; date to
 * timestamp_ntz; decimals to more digits). `calendar` is the
 * one that the file counts days by when it is not today's.
 *
 * @throws ParquetError PARQUET_TYPE_MISMATCH
 */
export function valueDecoder(leaf: LeafNode, wanted: DataType, calendar?: LegacyCalendar): ValueDecoder {
  const decoder = typeof wanted === 'string' ? primitive(leaf, wanted, calendar) : decimalOf(leaf, wanted)
  if (decoder !== undefined) return decoder
  const column = leaf.path.join('.')
  const found = typeName(leaf.type)
  throw new ParquetError(
    'PARQUET_TYPE_MISMATCH',
    `Column ${column} is ${found} in the file and cannot be read as ${typeName(wanted)}.`,
    { data: { column, found, wanted: typeName(wanted) } },
  )
}

function primitive(
  leaf: LeafNode,
  wanted: PrimitiveType,
  calendar: LegacyCalendar | undefined,
): ValueDecoder | undefined {
  const { element, type } = leaf
  switch (wanted) {
    case 'string':
      return element.type === 'BYTE_ARRAY' && (type === 'string' || type === 'binary') ? decodeStrings : undefined
    case 'binary':
      return type === 'string' || type === 'binary' ? binaries : undefined
    case 'boolean':
      return type === 'boolean' ? booleans : undefined
    case 'byte':
    case 'short':
    case 'integer':
      return isShortInteger(type) ? int32s : wholeNumbers(leaf, { byte: 2, short: 4, integer: 9 }[wanted])
    case 'long':
      return type === 'long' || isShortInteger(type) ? longs(element) : wholeDecimals(leaf, 18)
    case 'float':
      if (type === 'float') return floats(element)
      return type === 'byte' || type === 'short' ? raw => Array.from(raw as ArrayLike<number>) : wholeNumbers(leaf, 7)
    case 'double':
      if (type === 'double') return raw => (raw instanceof Float64Array ? raw : Float64Array.from(raw as number[]))
      if (type === 'float') return raw => Float64Array.from(floats(element)(raw) as ArrayLike<number>)
      return isShortInteger(type) ? raw => Float64Array.from(raw as ArrayLike<number>) : wholeNumbers(leaf, 15)
    case 'date':
      return type === 'date' ? dates(calendar) : undefined
    case 'timestamp':
    case 'timestamp_ntz':
      if (type === 'timestamp' || type === 'timestamp_ntz') return calendarMicros(micros(element), calendar)
      if (type !== 'date' || wanted === 'timestamp') return undefined
      return raw => mapped(dates(calendar)(raw) as ArrayLike<number>, days => BigInt(days) * dayMicros)
    case 'void':
      return undefined
  }
}

/** Decimals without a fraction, of at most so many digits, unscaled. */
function wholeDecimals(leaf: LeafNode, digits: number): ValueDecoder | undefined {
  const { type } = leaf
  return typeof type !== 'string' && type.scale === 0 && type.precision <= digits ? decimalOf(leaf, type) : undefined
}

function wholeNumbers(leaf: LeafNode, digits: number): ValueDecoder | undefined {
  const decode = wholeDecimals(leaf, digits)
  return decode && (raw => Array.from(decode(raw) as ArrayLike<bigint>, Number))
}

function decimalOf({ element, type }: LeafNode, wanted: DataType): ValueDecoder | undefined {
  if (typeof wanted === 'string' || wanted.type !== 'decimal') return undefined
  let scale = 0
  if (typeof type !== 'string') scale = type.scale
  else if (type !== 'long' && !isShortInteger(type)) return undefined
  if (wanted.scale < scale) return undefined
  const factor = 10n ** BigInt(wanted.scale - scale)
  const widen = factor === 1n ? (unscaled: bigint) => unscaled : (unscaled: bigint) => unscaled * factor
  const { type: physical } = element
  if (physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY') {
    return raw => mapped(raw as ArrayLike<Uint8Array>, bytes => widen(twosComplement(bytes)))
  }
  if (isUnsigned(element, 64)) {
    return raw => mapped(raw as ArrayLike<bigint>, value => widen(BigInt.asUintN(64, value)))
  }
  return raw => mapped(raw as ArrayLike<bigint | number>, value => widen(BigInt(value)))
}

/** Bytes that are UTF-8. */
export function decodeStrings(raw: DecodedArray): string[] {
  return mapped(raw as ArrayLike<Uint8Array>, bytes =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(),
  )
}

function binaries(raw: DecodedArray): Uint8Array[] {
  return raw as Uint8Array[]
}

function booleans(raw: DecodedArray): boolean[] {
  return raw as boolean[]
}

function int32s(raw: DecodedArray): DecodedValues {
  return raw as Int32Array
}

function longs(element: SchemaElement): ValueDecoder {
  if (element.type === 'INT64') return raw => raw as BigInt64Array
  if (isUnsigned(element, 32)) return raw => mapped(raw as ArrayLike<number>, value => BigInt(value >>> 0))
  return raw => mapped(raw as ArrayLike<number>, BigInt)
}

function floats(element: SchemaElement): ValueDecoder {
  if (element.type === 'FLOAT') return raw => raw as Float32Array
  return raw => mapped(raw as ArrayLike<Uint8Array>, halfFloat)
}

function micros({ type, converted_type: converted, logical_type: logical }: SchemaElement): ValueDecoder {
  if (type === 'INT96') return raw => mapped(raw as ArrayLike<bigint>, int96Micros)
  const unit = logical?.type === 'TIMESTAMP' ? logical.unit : converted === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS'
  if (unit === 'MILLIS') return raw => mapped(raw as ArrayLike<bigint>, millis => millis * 1000n)
  if (unit === 'NANOS') return raw => mapped(raw as ArrayLike<bigint>, nanos => floorDivide(nanos, 1000n))
  return raw => raw as BigInt64Array
}

/**
 * The same, with an error for nanoseconds that microseconds do not hold.
 *
 * @throws ParquetError PARQUET_TYPE_MISMATCH
 */
export function losslessDecoder({ element, path }: LeafNode, decode: ValueDecoder): ValueDecoder {
  const { type, logical_type: logical } = element
  const nanos = type === 'INT96' || (logical?.type === 'TIMESTAMP' && logical.unit === 'NANOS')
  if (!nanos) return decode
  return raw => {
    for (const value of raw as ArrayLike<bigint> & Iterable<bigint>) {
      const rest = (type === 'INT96' ? BigInt.asIntN(64, value) : value) % 1000n
      if (rest === 0n) continue
      const column = path.join('.')
      throw new ParquetError(
        'PARQUET_TYPE_MISMATCH',
        `Column ${column} has times with nanoseconds, which a timestamp, in microseconds, cannot hold. Round them first.`,
        { data: { column } },
      )
    }
    return decode(raw)
  }
}

function dates(calendar: LegacyCalendar | undefined): ValueDecoder {
  return calendar === undefined ? int32s : raw => Int32Array.from(raw as ArrayLike<number>, days => calendar.days(days))
}

function calendarMicros(decode: ValueDecoder, calendar: LegacyCalendar | undefined): ValueDecoder {
  return calendar === undefined
    ? decode
    : raw => mapped(decode(raw) as ArrayLike<bigint>, value => calendar.micros(value))
}

/** Julian day in the upper 32 bits, nanoseconds of the day in the lower 64. */
function int96Micros(value: bigint): bigint {
  const day = (value >> 64n) - julianEpochDay
  return day * dayMicros + floorDivide(BigInt.asIntN(64, value), 1000n)
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}

/** Room for 38 digits. */
const widest = new Uint8Array(16)
const widestView = new DataView(widest.buffer)

function twosComplement(bytes: Uint8Array): bigint {
  const { length } = bytes
  if (length === 0) return 0n
  if (length > widest.length) throw new RangeError(`a decimal of ${length} bytes`)
  widest.fill((bytes[0] ?? 0) & 0x80 ? 0xff : 0)
  widest.set(bytes, widest.length - length)
  const low = widestView.getBigUint64(8)
  return length <= 8 ? BigInt.asIntN(64, low) : (widestView.getBigInt64(0) << 64n) | low
}

function halfFloat(bytes: Uint8Array): number {
  const bits = ((bytes[1] ?? 0) << 8) | (bytes[0] ?? 0)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * 2 ** -24 * fraction
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024)
}

function mapped<From, To>(raw: ArrayLike<From>, convert: (value: From) => To): To[] {
  const output = new Array<To>(raw.length)
  for (let i = 0; i < raw.length; i++) output[i] = convert(raw[i] as From)
  return output
}

function isShortInteger(type: PrimitiveType | DecimalType): boolean {
  return type === 'byte' || type === 'short' || type === 'integer'
}

/** The type in words, for messages. */
export function typeName(type: DataType): string {
  if (typeof type === 'string') return type
  return type.type === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.type
}
