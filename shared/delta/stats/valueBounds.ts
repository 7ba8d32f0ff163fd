import {
  type DataType,
  formatDate,
  formatDouble,
  formatFloat,
  formatShortDecimal,
  type Json,
  JsonNumber,
  parseDecimal,
  parseSparkDate,
  parseSparkDouble,
  parseSparkTimestamp,
  type PrimitiveType,
  splitTimestamp,
  type Value,
} from '../../types/index.js'

/** Least and greatest values in statistics ⇄ JSON (PROTOCOL.md, "Per-file Statistics"). */

const boundedTypes: ReadonlySet<string> = new Set<PrimitiveType>([
  'string',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'date',
  'timestamp',
  'timestamp_ntz',
])
const minCut = -(2n ** 63n) + 1000n

/** Whether columns of the type have a least and a greatest value in statistics. */
export function hasBounds(type: DataType): boolean {
  return typeof type === 'string' ? boundedTypes.has(type) : type.type === 'decimal'
}

/** A text's JSON as other engines write it: the digits of an escape are capitals. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(/\\(?:u00[01][0-9a-f]|.)/g, escape =>
    escape.length > 2 ? `\\u${escape.slice(2).toUpperCase()}` : escape,
  )
}

/**
 * The JSON of a bound, strings whole; undefined for a value that statistics cannot express, whose bound is left out.
 */
export function formatBound(type: DataType, value: Value): string | undefined {
  if (typeof type !== 'string')
    return type.type === 'decimal' && typeof value === 'bigint' ? formatShortDecimal(value, type.scale) : undefined
  switch (type) {
    case 'string':
      return typeof value === 'string' ? jsonString(value) : undefined
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
    case 'float':
      return typeof value === 'number' ? quoteUnlessFinite(value, formatFloat(value)) : undefined
    case 'double':
      return typeof value === 'number' ? quoteUnlessFinite(value, formatDouble(value)) : undefined
    case 'date': {
      const text = typeof value === 'number' ? formatDate(value) : undefined
      return text && `"${text}"`
    }
    case 'timestamp':
    case 'timestamp_ntz': {
      // Cutting rounds down, which must not go below what readers can represent.
      const text = typeof value === 'bigint' && value >= minCut ? splitTimestamp(value, 3) : undefined
      return text && `"${text.day}T${text.time}${type === 'timestamp' ? 'Z' : ''}"`
    }
    default:
      return undefined
  }
}

/** The value of a bound; undefined when it is missing or not of the type, which is to know nothing. */
export function parseBound(type: DataType, json: Json | undefined): Value | undefined {
  const text = numberText(json)
  if (typeof type !== 'string')
    return type.type === 'decimal' && text !== undefined ? parseDecimal(text, type.scale) : undefined
  switch (type) {
    case 'string':
      return typeof json === 'string' ? json : undefined
    case 'byte':
    case 'short':
    case 'integer':
      return typeof json === 'number' && Number.isInteger(json) ? json : undefined
    case 'long':
      return typeof json === 'bigint' || (typeof json === 'number' && Number.isInteger(json)) ? BigInt(json) : undefined
    case 'float': {
      const value = typeof json === 'string' ? parseSparkDouble(json) : text && Number(text)
      return typeof value === 'number' ? Math.fround(value) : undefined
    }
    case 'double':
      return typeof json === 'string' ? parseSparkDouble(json) : text === undefined ? undefined : Number(text)
    case 'date':
      // A time of day behind it, which some writers leave, adds nothing.
      return typeof json === 'string' ? parseSparkDate(json.split(/[T ]/, 1)[0] ?? '') : undefined
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof json === 'string' ? parseSparkTimestamp(json) : undefined
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined
    case 'binary':
    case 'void':
      return undefined
  }
}

/** The digits of a JSON number; undefined for anything else. */
export function numberText(json: Json | undefined): string | undefined {
  if (typeof json === 'number' || typeof json === 'bigint') return String(json)
  return json instanceof JsonNumber ? json.text : undefined
}

function quoteUnlessFinite(value: number, text: string): string {
  return Number.isFinite(value) ? text : `"${text}"`
}
