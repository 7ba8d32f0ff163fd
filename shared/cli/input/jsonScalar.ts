import {
  type DecimalType,
  type Json,
  JsonNumber,
  parseSparkDate,
  parseSparkDecimal,
  parseSparkTimestamp,
  type PrimitiveType,
  type Value,
} from '../../types/index.js'
import { TypeMismatchError } from './typeMismatch.js'

/**
 * Values of columns out of JSON, in the forms that jsonText of valueText.ts prints: long as an integer with all its
 * digits, decimal as a string or a number, binary in base64, dates and timestamps in ISO form, NaN and infinities as
 * strings.
 */

/** Makes the value in memory out of one JSON value. @throws TypeMismatchError */
export type JsonReader = (json: Json) => Value

/** Reads values of a type without parts; never null. @throws TypeMismatchError */
export function scalarReader(type: PrimitiveType | DecimalType, path: readonly string[]): JsonReader {
  if (typeof type !== 'string') return decimalReader(type.precision, type.scale, path)
  const mismatch = (expected: string, found: Json) => new TypeMismatchError({ path, expected, found })
  switch (type) {
    case 'string':
      return json => {
        if (typeof json !== 'string') throw mismatch('a text', json)
        return wholeText(json, path)
      }
    case 'boolean':
      return json => {
        if (typeof json !== 'boolean') throw mismatch('true or false', json)
        return json
      }
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return integerReader(type, path)
    case 'float':
    case 'double':
      return floatReader(type, path)
    case 'binary':
      return json => {
        const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : undefined
        if (bytes === undefined || bytes.toString('base64') !== json) throw mismatch('bytes in base64', json)
        return new Uint8Array(bytes)
      }
    case 'date':
      return json => {
        const days = typeof json === 'string' ? (parseSparkDate(json) ?? countOf(json, 'days')) : undefined
        if (days === undefined) throw mismatch('a date as 2025-04-01', json)
        return Number(days)
      }
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampReader(type, path)
    case 'void':
      return json => {
        throw mismatch('null, which is all that a column without type holds', json)
      }
  }
}

/** Half of a surrogate pair becomes U+FFFD when it is stored: two keys would become one. */
export function wholeText(text: string, path: readonly string[]): string {
  if (!text.isWellFormed())
    throw new TypeMismatchError({
      path,
      expected: 'text of whole characters, without half of a surrogate pair (\\ud800 to \\udfff)',
      found: text,
    })
  return text
}

const integerBits = { byte: 8, short: 16, integer: 32, long: 64 } as const

function integerReader(type: keyof typeof integerBits, path: readonly string[]): JsonReader {
  const bits = integerBits[type]
  const limit = 2n ** BigInt(bits - 1)
  return json => {
    const value =
      typeof json === 'bigint' ? json : typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : undefined
    if (value === undefined || value < -limit || value >= limit)
      throw new TypeMismatchError({ path, expected: `a whole number of ${bits} bits`, found: json })
    return type === 'long' ? value : Number(value)
  }
}

function floatReader(type: 'float' | 'double', path: readonly string[]): JsonReader {
  const words: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }
  const mismatch = (found: Json) =>
    new TypeMismatchError({
      path,
      expected: `a number that a ${type} can hold, or "NaN", "Infinity", "-Infinity"`,
      found,
    })
  return json => {
    if (typeof json === 'string') {
      const value = Object.hasOwn(words, json) ? words[json] : undefined
      if (value === undefined) throw mismatch(json)
      return value
    }
    if (typeof json !== 'number' && typeof json !== 'bigint' && !(json instanceof JsonNumber)) throw mismatch(json)
    const value = Number(String(json))
    const held = type === 'float' ? Math.fround(value) : value
    if (!Number.isFinite(held)) throw mismatch(json)
    return Object.is(json, -0) ? -0 : held
  }
}

function decimalReader(precision: number, scale: number, path: readonly string[]): JsonReader {
  const limit = 10n ** BigInt(precision)
  return json => {
    const isText = typeof json === 'string' && /^[+-]?\d/.test(json)
    const value =
      isText || typeof json === 'number' || typeof json === 'bigint' || json instanceof JsonNumber
        ? parseSparkDecimal(String(json), scale)
        : undefined
    if (value === undefined || value >= limit || value <= -limit)
      throw new TypeMismatchError({ path, expected: `decimal(${precision},${scale}), as "12.30"`, found: json })
    return value
  }
}

function timestampReader(type: 'timestamp' | 'timestamp_ntz', path: readonly string[]): JsonReader {
  const expected =
    type === 'timestamp'
      ? 'a time as 2025-04-01T12:00:00.000000Z'
      : 'a time without a zone, as 2025-04-01T12:00:00.000000'
  return json => {
    const text = typeof json === 'string' ? json : ''
    const exact =
      !/\.\d{6}0*[1-9]/.test(text) &&
      (type === 'timestamp' || !/(?:z|[+-]\d{1,2}(?::?\d{2})?)\s*$/i.test(text.slice(10)))
    const micros = exact ? (parseSparkTimestamp(text) ?? countOf(text, 'microseconds')) : undefined
    if (micros === undefined) throw new TypeMismatchError({ path, expected, found: json })
    return micros
  }
}

/** What lies outside the years of four digits is printed as a count. */
function countOf(text: string, unit: string): bigint | undefined {
  const [, count, of] = /^(-?\d{1,19}) (days|microseconds) from 1970-01-01$/.exec(text) ?? []
  return count === undefined || of !== unit ? undefined : BigInt(count)
}
