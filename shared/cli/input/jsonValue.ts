import { typeText } from '../../delta/index.js'
import {
  columnKey,
  type DataType,
  formatJson,
  isJsonArray,
  isJsonObject,
  type Json,
  JsonNumber,
  type JsonObject,
  type MapEntry,
  namedValues,
  parseSparkDate,
  parseSparkDecimal,
  parseSparkTimestamp,
  type StructField,
  type Value,
} from '../../types/index.js'

/**
 * Values of columns out of JSON, in the forms that jsonText of valueText.ts prints: long as an integer with all its
 * digits, decimal as a string or a number, binary in base64, dates and timestamps in ISO form, NaN and infinities as
 * strings, a map as an array of `{"key","value"}` (or as an object, where its keys are strings).
 */

/** A value that is not what its column takes. */
export interface Misfit {
  readonly path: readonly string[]
  /** In words. */
  readonly expected: string
  /** Absent when there is nothing. */
  readonly found?: Json | undefined
}

/** What a reader throws. It knows the column and not the line, which its caller adds. */
export class MisfitError extends Error {
  readonly misfit: Misfit

  constructor(misfit: Misfit) {
    super(
      `column ${columnKey(misfit.path)}: expected ${misfit.expected}${misfit.found === undefined ? '' : `, found ${shortened(misfit.found)}`}`,
    )
    this.misfit = misfit
  }
}

/** Makes the value in memory out of one JSON value. @throws MisfitError */
export type JsonReader = (json: Json) => Value

/** Which nulls are let pass. */
export interface JsonReaderOptions {
  /** Default true. */
  readonly nullable?: boolean | undefined
  /** Whether what the type has no field for may be there as long as it is null. */
  readonly unknownNulls?: boolean | undefined
}

/** Reads values of a type; null is null. @throws MisfitError */
export function jsonReader(type: DataType, path: readonly string[], options: JsonReaderOptions = {}): JsonReader {
  const read = presentReader(type, path, options.unknownNulls === true)
  if (options.nullable !== false) return json => (json === null ? null : read(json))
  return json => {
    if (json === null)
      throw new MisfitError({ path, expected: `${typeText(type)}, which may not be null here`, found: null })
    return read(json)
  }
}

function presentReader(type: DataType, path: readonly string[], unknownNulls: boolean): JsonReader {
  if (typeof type !== 'string') {
    switch (type.type) {
      case 'decimal':
        return decimalReader(type.precision, type.scale, path)
      case 'struct':
        return structReader(type.fields, path, unknownNulls)
      case 'array': {
        const element = jsonReader(type.elementType, [...path, 'element'], {
          nullable: type.containsNull,
          unknownNulls,
        })
        return json => {
          if (!isJsonArray(json)) throw new MisfitError({ path, expected: 'an array', found: json })
          return json.map(element)
        }
      }
      case 'map':
        return mapReader(
          {
            key: jsonReader(type.keyType, [...path, 'key'], { nullable: false, unknownNulls }),
            value: jsonReader(type.valueType, [...path, 'value'], { nullable: type.valueContainsNull, unknownNulls }),
            textKeys: type.keyType === 'string',
          },
          path,
        )
    }
  }
  const misfit = (expected: string, found: Json) => new MisfitError({ path, expected, found })
  switch (type) {
    case 'string':
      return json => {
        if (typeof json !== 'string') throw misfit('a text', json)
        return wholeText(json, path)
      }
    case 'boolean':
      return json => {
        if (typeof json !== 'boolean') throw misfit('true or false', json)
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
        if (bytes === undefined || bytes.toString('base64') !== json) throw misfit('bytes in base64', json)
        return new Uint8Array(bytes)
      }
    case 'date':
      return json => {
        const days = typeof json === 'string' ? (parseSparkDate(json) ?? countOf(json, 'days')) : undefined
        if (days === undefined) throw misfit('a date as 2025-04-01', json)
        return Number(days)
      }
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampReader(type, path)
    case 'void':
      return json => {
        throw misfit('null, which is all that a column without type holds', json)
      }
  }
}

/** Half of a surrogate pair becomes U+FFFD when it is stored: two keys would become one. */
function wholeText(text: string, path: readonly string[]): string {
  if (!text.isWellFormed())
    throw new MisfitError({
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
      throw new MisfitError({ path, expected: `a whole number of ${bits} bits`, found: json })
    return type === 'long' ? value : Number(value)
  }
}

function floatReader(type: 'float' | 'double', path: readonly string[]): JsonReader {
  const words: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }
  const misfit = (found: Json) =>
    new MisfitError({ path, expected: `a number that a ${type} can hold, or "NaN", "Infinity", "-Infinity"`, found })
  return json => {
    if (typeof json === 'string') {
      const value = Object.hasOwn(words, json) ? words[json] : undefined
      if (value === undefined) throw misfit(json)
      return value
    }
    if (typeof json !== 'number' && typeof json !== 'bigint' && !(json instanceof JsonNumber)) throw misfit(json)
    const value = Number(String(json))
    const held = type === 'float' ? Math.fround(value) : value
    if (!Number.isFinite(held)) throw misfit(json)
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
      throw new MisfitError({ path, expected: `decimal(${precision},${scale}), as "12.30"`, found: json })
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
    if (micros === undefined) throw new MisfitError({ path, expected, found: json })
    return micros
  }
}

/** What lies outside the years of four digits is printed as a count. */
function countOf(text: string, unit: string): bigint | undefined {
  const [, count, of] = /^(-?\d{1,19}) (days|microseconds) from 1970-01-01$/.exec(text) ?? []
  return count === undefined || of !== unit ? undefined : BigInt(count)
}

function structReader(fields: readonly StructField[], path: readonly string[], unknownNulls: boolean): JsonReader {
  const row = fieldReaders(fields, path, { unknownNulls })
  return json => {
    if (!isJsonObject(json)) throw new MisfitError({ path, expected: 'an object', found: json })
    return row.read(json)
  }
}

/** Readers for the fields of a struct or the columns of a row. */
export interface FieldReaders {
  /** One value for each field: null where the object says nothing. @throws MisfitError */
  read(object: JsonObject): Readonly<Record<string, Value>>
  /** The field that a key of an object means; undefined for none. */
  fieldOf(key: string): StructField | undefined
}

/** Which fields an object may lack, and which it may have that the schema lacks. */
export interface FieldReadersOptions extends Pick<JsonReaderOptions, 'unknownNulls'> {
  /** Whether an object may lack fields that may not be null. */
  readonly partial?: boolean | undefined
}

/**
 * Readers of objects with these fields. A key means the field of that name, else the one that differs in case alone.
 *
 * @param path of the struct that has the fields; empty for a row
 */
export function fieldReaders(
  fields: readonly StructField[],
  path: readonly string[] = [],
  options: FieldReadersOptions = {},
): FieldReaders {
  const { unknownNulls } = options
  const byName = new Map(fields.map(field => [field.name, field]))
  const byLowerCase = new Map(fields.map(field => [field.name.toLowerCase(), field]))
  const readers = new Map(
    fields.map(field => [
      field.name,
      jsonReader(field.type, [...path, field.name], { nullable: field.nullable, unknownNulls }),
    ]),
  )
  const required = options.partial === true ? [] : fields.filter(({ nullable }) => !nullable)
  const fieldOf = (key: string) => byName.get(key) ?? byLowerCase.get(key.toLowerCase())
  return {
    fieldOf,
    read(object) {
      const row = namedValues<Value>()
      for (const [key, json] of Object.entries(object)) {
        const field = fieldOf(key)
        const reader = field && readers.get(field.name)
        if (field === undefined && unknownNulls === true && (json ?? null) === null) continue
        if (field === undefined || reader === undefined)
          throw new MisfitError({
            path: [...path, key],
            expected: `one of the columns ${fields.map(({ name }) => name).join(', ')}`,
          })
        if (Object.hasOwn(row, field.name))
          throw new MisfitError({ path: [...path, key], expected: `column ${field.name} once` })
        row[field.name] = reader(json ?? null)
      }
      for (const { name, type } of required) {
        if (!Object.hasOwn(row, name))
          throw new MisfitError({
            path: [...path, name],
            expected: `${typeText(type)}, which may not be null, found nothing`,
          })
      }
      for (const { name } of fields) row[name] ??= null
      return row
    },
  }
}

interface EntryReaders {
  readonly key: JsonReader
  readonly value: JsonReader
  readonly textKeys: boolean
}

function mapReader({ key, value, textKeys }: EntryReaders, path: readonly string[]): JsonReader {
  const expected = `an array of {"key","value"}${textKeys ? ' or an object' : ''}`
  return json => {
    if (textKeys && isJsonObject(json))
      return Object.entries(json).map(([name, item]): MapEntry => ({
        key: wholeText(name, path),
        value: value(item ?? null),
      }))
    if (!isJsonArray(json)) throw new MisfitError({ path, expected, found: json })
    return json.map((entry): MapEntry => {
      if (!isJsonObject(entry) || Object.keys(entry).some(name => name !== 'key' && name !== 'value'))
        throw new MisfitError({ path, expected, found: entry })
      return { key: key(entry['key'] ?? null), value: value(entry['value'] ?? null) }
    })
  }
}

function shortened(json: Json): string {
  const text = formatJson(json)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
