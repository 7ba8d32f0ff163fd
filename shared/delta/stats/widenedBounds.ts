import type { DataType, Json, Value } from '../../types/index.js'
import type { BoundReading } from './stats.js'
import { numberText, parseBound } from './valueBounds.js'

/**
 * What a bound in statistics promises at least. Bounds are to lie around a file's values, and known writers leave some
 * that do not: long integers and decimals that went through a double, timestamps whose offset lost its seconds, greatest
 * strings that end in U+FFFD.
 */

/** Bounds as far out as the recorded ones can mean; none where they mean nothing. */
export const widenedBounds: BoundReading = { min: lowerBound, max: upperBound }

/** A value that none of the file's is below; undefined when none is known. */
function lowerBound(type: DataType, json: Json | undefined): Value | undefined {
  const value = parseBound(type, json)
  // Only a file of nothing but NaN has it as its least value, and a writer that compares with `<` may record it for any
  // file.
  if (Number.isNaN(value)) return undefined
  if (typeof value !== 'bigint') return value
  const scale = exactScale(type)
  if (scale !== undefined) return minOf(value, roundedFrom(json, value, scale, -1))
  return isTimestamp(type) && hasOffset(json) ? value - microsPerMinute : value
}

/** A value that none of the file's is above, NaN apart; undefined when none is known. */
function upperBound(type: DataType, json: Json | undefined): Value | undefined {
  const value = parseBound(type, json)
  // Delta before 3.3 put it behind what it had cut off a text, and all characters outside the first plane are above it.
  if (typeof value === 'string') return value.endsWith('\ufffd') ? undefined : value
  if (typeof value !== 'bigint') return value
  const scale = exactScale(type)
  if (scale !== undefined) return maxOf(value, roundedFrom(json, value, scale, 1))
  return isTimestamp(type) && hasOffset(json) ? value + microsPerMinute : value
}

const minOf = (a: bigint, b: bigint) => (b < a ? b : a)
const maxOf = (a: bigint, b: bigint) => (b > a ? b : a)

const isTimestamp = (type: DataType) => type === 'timestamp' || type === 'timestamp_ntz'

/** Offsets are written as hours and minutes, and those of local mean time have seconds too, which are lost. */
const microsPerMinute = 60_000_000n

function hasOffset(json: Json | undefined): boolean {
  return typeof json === 'string' && /[+-]\d{1,2}(?::?\d{2})?$/.test(json.slice(10))
}

/** The scale of a type whose values a double cannot all hold; undefined for any other type. */
function exactScale(type: DataType): number | undefined {
  if (type === 'long') return 0
  return typeof type !== 'string' && type.type === 'decimal' && type.precision > digitsOfDouble ? type.scale : undefined
}

/** A double holds any number of so many digits. */
const digitsOfDouble = 15

/** What was made a double, divided by a power of ten that is none itself beyond 10^22, was rounded so often. */
const roundings = 3

/** The outermost value that a bound can have been before it went through a double; the bound itself when it did not. */
function roundedFrom(json: Json | undefined, value: bigint, scale: number, side: -1 | 1): bigint {
  // What is not zero is not rounded to it.
  if (value === 0n) return value
  if (scale === 0 && value > -(2n ** 53n) && value < 2n ** 53n) return value
  const text = numberText(json)
  const double = text === undefined ? NaN : Number(text)
  if (text === undefined || !Number.isFinite(double)) return value
  // More digits than distinguish one double from the next, and not all that it has: nothing was rounded.
  if (significantDigits(text) > 17 && unscaledOf(double, scale, side) !== value) return value
  let outer = double
  for (let i = 0; i < roundings; i++) outer = nextDouble(outer, side)
  return unscaledOf(outer, scale, side)
}

function significantDigits(text: string): number {
  const [digits = ''] = text.replace(/[-.]/g, '').split(/e/i)
  return digits.replace(/^0+|0+$/g, '').length
}

const view = new DataView(new ArrayBuffer(8))

/** The double next to a finite one on a side. */
function nextDouble(value: number, side: -1 | 1): number {
  if (value === 0) return side * Number.MIN_VALUE
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === side > 0 ? 1n : -1n))
  return view.getFloat64(0)
}

/** A double's exact value times a power of ten, rounded to the side. */
function unscaledOf(value: number, scale: number, side: -1 | 1): bigint {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const shift = Math.max(exponent, 1) - 1075
  const signed = (value < 0 ? -mantissa : mantissa) * 10n ** BigInt(scale)
  if (shift >= 0) return signed << BigInt(shift)
  const floor = signed >> BigInt(-shift)
  return side < 0 || floor << BigInt(-shift) === signed ? floor : floor + 1n
}
