import { typeText } from '../../delta/index.js'
import {
  type DataType,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type MapEntry,
  namedValues,
  type StructField,
  type Value,
} from '../../types/index.js'
import { type JsonReader, scalarReader, wholeText } from './jsonScalar.js'
import { TypeMismatchError } from './typeMismatch.js'

/**
 * Values of columns out of JSON: those of jsonScalar.ts, and a map as an array of `{"key","value"}` (or as an object,
 * where its keys are strings).
 */

/** Which nulls are let pass. */
export interface JsonReaderOptions {
  /** Default true. */
  readonly nullable?: boolean | undefined
  /** Whether what the type has no field for may be there as long as it is null. */
  readonly unknownNulls?: boolean | undefined
}

/** Reads values of a type; null is null. @throws TypeMismatchError */
export function jsonReader(type: DataType, path: readonly string[], options: JsonReaderOptions = {}): JsonReader {
  const read = presentReader(type, path, options.unknownNulls === true)
  if (options.nullable !== false) return json => (json === null ? null : read(json))
  return json => {
    if (json === null)
      throw new TypeMismatchError({ path, expected: `${typeText(type)}, which may not be null here`, found: null })
    return read(json)
  }
}

function presentReader(type: DataType, path: readonly string[], unknownNulls: boolean): JsonReader {
  if (typeof type === 'string') return scalarReader(type, path)
  switch (type.type) {
    case 'decimal':
      return scalarReader(type, path)
    case 'struct':
      return structReader(type.fields, path, unknownNulls)
    case 'array': {
      const element = jsonReader(type.elementType, [...path, 'element'], {
        nullable: type.containsNull,
        unknownNulls,
      })
      return json => {
        if (!isJsonArray(json)) throw new TypeMismatchError({ path, expected: 'an array', found: json })
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

function structReader(fields: readonly StructField[], path: readonly string[], unknownNulls: boolean): JsonReader {
  const row = fieldReaders(fields, path, { unknownNulls })
  return json => {
    if (!isJsonObject(json)) throw new TypeMismatchError({ path, expected: 'an object', found: json })
    return row.read(json)
  }
}

/** Readers for the fields of a struct or the columns of a row. */
export interface FieldReaders {
  /** One value for each field: null where the object says nothing. @throws TypeMismatchError */
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
          throw new TypeMismatchError({
            path: [...path, key],
            expected: `one of the columns ${fields.map(({ name }) => name).join(', ')}`,
          })
        if (Object.hasOwn(row, field.name))
          throw new TypeMismatchError({ path: [...path, key], expected: `column ${field.name} once` })
        row[field.name] = reader(json ?? null)
      }
      for (const { name, type } of required) {
        if (!Object.hasOwn(row, name))
          throw new TypeMismatchError({
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
    if (!isJsonArray(json)) throw new TypeMismatchError({ path, expected, found: json })
    return json.map((entry): MapEntry => {
      if (!isJsonObject(entry) || Object.keys(entry).some(name => name !== 'key' && name !== 'value'))
        throw new TypeMismatchError({ path, expected, found: entry })
      return { key: key(entry['key'] ?? null), value: value(entry['value'] ?? null) }
    })
  }
}
