import { z } from 'zod'

import {
  type DataType,
  isTimeInYears,
  lacksZone,
  leavesYears,
  parseDecimal,
  parseDouble,
  parseIsoDate,
  parseIsoTimestamp,
  parseIsoTimestampNtz,
} from '../types/index.js'
import { ContractError } from './contractError.js'
import { DecodedTime } from './decodedTime.js'
import { ExactNumber, ValidationIssue, wrongType, wrongValue } from './validationIssue.js'

/** A column's type together with how a JSON value becomes its value in memory. */
export interface FieldType {
  readonly type: DataType
  /** The value in memory, or why there is none. */
  readonly decode: (found: unknown) => unknown
  /** Whether JSON.parse alone would lose digits of it. */
  readonly exact: boolean
}

const declared = z.registry<FieldType>()

/** The field type that a constructor of this file gave to a schema; kept by `.describe()`, `.min()` and the like. */
export function fieldTypeOf(schema: z.core.$ZodType): FieldType | undefined {
  return declared.get(schema)
}

const minLong = -(2n ** 63n)
const maxLong = 2n ** 63n - 1n

/**
 * A moment: ISO 8601 text with a zone (`2025-04-01T17:37:57.000Z`, `…+02:00`), cut off after the microseconds. Numbers
 * are refused, because seconds and milliseconds look alike, unless `epoch` says which they are.
 * In memory: bigint, microseconds since 1970 UTC.
 */
export function timestamp(options: { readonly epoch?: 'seconds' | 'milliseconds' | 'microseconds' } = {}): z.ZodBigInt {
  const { epoch } = options
  const scale = epoch === undefined ? undefined : { seconds: 6, milliseconds: 3, microseconds: 0 }[epoch]
  const expected = `an ISO 8601 timestamp with a zone, as 2025-04-01T17:37:57.000Z${
    epoch === undefined ? '' : `, or ${epoch} since 1970`
  }`
  const decode = (found: unknown): bigint | ValidationIssue => {
    if (typeof found === 'string') {
      const micros = parseIsoTimestamp(found)
      if (micros !== undefined) return micros
      return wrongValue(
        found,
        lacksZone(found) ? `${expected}; it has no zone` : leavesYears(found) ? inYears : expected,
      )
    }
    if (typeof found === 'bigint') return isTimeInYears(found) ? found : wrongValue(found, inYears)
    if (found instanceof DecodedTime && !found.isLocal)
      return isTimeInYears(found.micros) ? found.micros : wrongValue(found, inYears)
    if (found instanceof Date) return dateValue(found) ?? wrongValue(String(found), inYears)
    const source = found instanceof ExactNumber ? found.source : String(found)
    if (scale === undefined || !isNumber(found)) return wrongType(found, expected)
    const micros = parseDecimal(source, scale)
    if (micros === undefined) return wrongValue(found, expected)
    return isTimeInYears(micros) ? micros : wrongValue(found, inYears)
  }
  return z.bigint().register(declared, { type: 'timestamp', decode, exact: epoch !== undefined })
}

const inYears = 'a time that lies in the years 0001 to 9999 in UTC'

/** Microseconds of a date object, as decoders of other formats make them; undefined for an invalid one. */
function dateValue(date: Date): bigint | undefined {
  const ms = date.getTime()
  if (Number.isNaN(ms)) return undefined
  const micros = BigInt(ms) * 1000n
  return isTimeInYears(micros) ? micros : undefined
}

/** Wall-clock time without a zone: `2025-04-01T17:37:57`. In memory: bigint, microseconds. */
export function timestampNtz(): z.ZodBigInt {
  const expected = 'an ISO 8601 timestamp without a zone, as 2025-04-01T17:37:57'
  const decode = (found: unknown): bigint | ValidationIssue => {
    const micros = found instanceof DecodedTime && found.isLocal ? found.micros : found
    if (typeof micros === 'bigint')
      return isTimeInYears(micros) ? micros : wrongValue(found, 'a time in the years 0001 to 9999')
    if (typeof found !== 'string') return wrongType(found, expected)
    return parseIsoTimestampNtz(found) ?? wrongValue(found, expected)
  }
  return z.bigint().register(declared, { type: 'timestamp_ntz', decode, exact: false })
}

/** A calendar day, `2025-04-01`. In memory: number, days since 1970-01-01. */
export function date(): z.ZodNumber {
  const expected = 'a date, as 2025-04-01'
  const decode = (found: unknown): number | ValidationIssue =>
    typeof found === 'string' ? (parseIsoDate(found) ?? wrongValue(found, expected)) : wrongType(found, expected)
  return z.number().register(declared, { type: 'date', decode, exact: false })
}

/** A 64-bit integer: a JSON number or decimal text, exact to the last digit. In memory: bigint. */
export function long(): z.ZodBigInt {
  return z.bigint().register(declared, longType)
}

/** A 32-bit integer: a JSON number or decimal text. In memory: number. */
export function int(): z.ZodInt32 {
  const expected = 'a whole number from -2147483648 to 2147483647, or the same as text'
  const decode = (found: unknown): number | ValidationIssue => {
    const n = typeof found === 'string' ? integerOf(found) : found
    if (typeof n === 'number') return (n | 0) === n ? n | 0 : wrongValue(found, expected)
    return isNumber(found) ? wrongValue(found, expected) : wrongType(found, expected)
  }
  return z.int32().register(declared, { type: 'integer', decode, exact: false })
}

/**
 * A 64-bit floating point number: a JSON number or decimal text (`"1984"`), but not `""`. `"NaN"`, `"Infinity"` and
 * `"-Infinity"` are taken too: whether they are welcome is for an expectation to say.
 */
export function double(): z.ZodNumber {
  return z.number().register(declared, { type: 'double', decode: decodeDouble, exact: false })
}

/** A 32-bit floating point number, written as `double`; a finite number too large for it is refused. */
export function float(): z.ZodNumber {
  const decode = (found: unknown): number | ValidationIssue => {
    const n = decodeDouble(found)
    if (n instanceof ValidationIssue) return n
    const rounded = Math.fround(n)
    const overflows = Number.isFinite(n) && !Number.isFinite(rounded)
    return overflows ? wrongValue(found, 'a 32-bit floating point number') : rounded
  }
  return z.number().register(declared, { type: 'float', decode, exact: false })
}

/**
 * An exact decimal: a JSON number or decimal text with at most `scale` digits after the point. In memory: bigint,
 * unscaled (`12.30` at scale 2 is `1230n`).
 */
export function decimal(precision: number, scale: number): z.ZodBigInt {
  if (
    !(Number.isInteger(precision) && Number.isInteger(scale) && precision >= 1 && precision <= 38 && scale >= 0) ||
    scale > precision
  ) {
    const given = `decimal(${String(precision)}, ${String(scale)})`
    throw new ContractError(
      'UNMAPPABLE_TYPE',
      `${given} is not a type: at most 38 digits, none to all after the point.`,
    )
  }
  const limit = 10n ** BigInt(precision)
  const expected = `a decimal number of at most ${String(precision)} digits, ${String(scale)} of them after the point`
  const decode = (found: unknown): bigint | ValidationIssue => {
    if (typeof found !== 'string' && !isNumber(found)) return wrongType(found, expected)
    const unscaled = parseDecimal(found instanceof ExactNumber ? found.source : String(found), scale)
    return unscaled === undefined || unscaled >= limit || unscaled <= -limit ? wrongValue(found, expected) : unscaled
  }
  return z.bigint().register(declared, { type: { type: 'decimal', precision, scale }, decode, exact: true })
}

/** Bytes, as base64 text (standard or URL-safe alphabet, padding optional). In memory: Uint8Array. */
export function binary(): z.ZodCustom<Uint8Array> {
  const expected = 'base64 text'
  const decode = (found: unknown): Uint8Array | ValidationIssue => {
    if (found instanceof Uint8Array) return found
    if (typeof found !== 'string') return wrongType(found, expected)
    const length = found.length - (found.endsWith('==') ? 2 : found.endsWith('=') ? 1 : 0)
    const padded = length === found.length || found.length % 4 === 0
    if (!padded || length % 4 === 1 || !/^[\w+/-]*={0,2}$/.test(found)) return wrongValue(found, expected)
    return Buffer.from(found, 'base64')
  }
  const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)
  return bytes.register(declared, { type: 'binary', decode, exact: false })
}

/** What `long()` and `z.bigint()` are. */
export const longType: FieldType = { type: 'long', decode: decodeLong, exact: true }

const expectedLong = 'a 64-bit whole number, or the same as text'
const expectedDouble = 'a number, or the same as decimal text'

function decodeLong(found: unknown): bigint | ValidationIssue {
  if (typeof found === 'number' && Number.isSafeInteger(found)) return BigInt(found)
  if (typeof found !== 'string' && !isNumber(found)) return wrongType(found, expectedLong)
  const text = found instanceof ExactNumber ? found.source : String(found)
  const value = typeof found === 'bigint' ? found : parseDecimal(text, 0)
  return value === undefined || value < minLong || value > maxLong ? wrongValue(found, expectedLong) : value
}

function decodeDouble(found: unknown): number | ValidationIssue {
  if (typeof found === 'number') return found
  if (typeof found === 'string') {
    const n = parseDouble(found)
    if (n !== undefined) return n
    if (found === 'NaN' || found === 'Infinity' || found === '-Infinity') return Number(found)
    return wrongValue(found, expectedDouble)
  }
  if (typeof found === 'bigint') return Number(found)
  return found instanceof ExactNumber ? found.number : wrongType(found, expectedDouble)
}

function integerOf(text: string): number {
  const n = parseDecimal(text, 0)
  return n === undefined ? NaN : Number(n)
}

function isNumber(found: unknown): found is number | bigint | ExactNumber {
  return typeof found === 'number' || typeof found === 'bigint' || found instanceof ExactNumber
}
