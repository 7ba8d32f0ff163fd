import {
  type DataType,
  formatDate,
  formatDecimal,
  type MapEntry,
  type Row,
  splitTimestamp,
  type Value,
} from '../../types/index.js'

/** Values as text, by the types of dataType.ts. */

/** Gives the text of values of one type; an absent value counts as null. */
export type ValueText = (value: Value | undefined) => string

/**
 * JSON of a type's values: long as an integer with all its digits, decimal and binary (base64) as strings, dates and
 * timestamps in ISO form, NaN and infinities as strings, a map as an array of `{"key","value"}`, null as null.
 */
export function jsonText(type: DataType): ValueText {
  const text = presentJson(type)
  return value => (value === null || value === undefined ? 'null' : text(value))
}

function presentJson(type: DataType): (value: Value) => string {
  if (typeof type !== 'string') {
    switch (type.type) {
      case 'decimal':
        return value => `"${formatDecimal(value as bigint, type.scale)}"`
      case 'struct': {
        const row = rowJson(type.fields)
        return value => row(value as Row)
      }
      case 'array': {
        const element = jsonText(type.elementType)
        return value => `[${(value as readonly Value[]).map(element).join(',')}]`
      }
      case 'map': {
        const key = jsonText(type.keyType)
        const item = jsonText(type.valueType)
        return value =>
          `[${(value as readonly MapEntry[]).map(e => `{"key":${key(e.key)},"value":${item(e.value)}}`).join(',')}]`
      }
    }
  }
  switch (type) {
    case 'string':
      return value => JSON.stringify(value)
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'boolean':
      return value => wordOf(value as Word)
    case 'void':
      return () => 'null'
    case 'float':
    case 'double':
      return value => (Number.isFinite(value) ? numberText(value as number) : `"${numberText(value as number)}"`)
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'binary': {
      const text = plainText(type)
      return value => `"${text(value)}"`
    }
  }
}

/** JSON of a row, or a struct, with the fields in their order. */
export function rowJson(fields: readonly { readonly name: string; readonly type: DataType }[]): (row: Row) => string {
  const parts = fields.map(({ name, type }, i) => ({
    name,
    start: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`,
    text: jsonText(type),
  }))
  if (parts.length === 0) return () => '{}'
  return row => {
    let json = ''
    for (const { name, start, text } of parts) json += start + text(row[name])
    return `${json}}`
  }
}

/** A value as a person reads it in a table or a cell of CSV: as JSON, without the quotes of a string. Null is empty. */
export function cellText(type: DataType): ValueText {
  const text = typeof type === 'string' || type.type === 'decimal' ? plainText(type) : presentJson(type)
  return value => (value === null || value === undefined ? '' : text(value))
}

function plainText(type: DataType): (value: Value) => string {
  if (typeof type !== 'string') {
    return type.type === 'decimal' ? value => formatDecimal(value as bigint, type.scale) : presentJson(type)
  }
  switch (type) {
    case 'float':
    case 'double':
      return value => numberText(value as number)
    case 'date':
      return value => formatDate(value as number) ?? `${wordOf(value as number)} days from 1970-01-01`
    case 'timestamp':
      return value => timestampText(value as bigint, 'Z')
    case 'timestamp_ntz':
      return value => timestampText(value as bigint, '')
    case 'binary':
      return value => base64(value as Uint8Array)
    case 'string':
      return value => value as string
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'boolean':
      return value => wordOf(value as Word)
    case 'void':
      return () => ''
  }
}

type Word = bigint | number | boolean

function wordOf(value: Word): string {
  return String(value)
}

/**
 * The shortest digits that are this number and no other. Negative zero keeps its sign, which `-0` would lose in JSON.
 */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value)
}

/** Years of four digits have ISO's form; what lies outside is written as a count. */
function timestampText(micros: bigint, zone: string): string {
  const text = splitTimestamp(micros, 6)
  return text === undefined ? `${micros} microseconds from 1970-01-01` : `${text.day}T${text.time}${zone}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
