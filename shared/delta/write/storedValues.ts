import type { StoredData } from '../../parquet/index.js'
import {
  type DataType,
  type MapEntry,
  namedValue,
  namedValues,
  type Row,
  type StructField,
  type Value,
} from '../../types/index.js'
import { isVoid, storedName } from '../schema/index.js'

/**
 * A column's values as data files hold them: structs under the physical names of their fields, without fields that have
 * no values. The data itself where there is no difference.
 */
export function storedValues(field: StructField, data: StoredData, mapped: boolean): StoredData {
  const convert = converter(field.type, mapped)
  return convert === undefined
    ? data
    : Array.from(data as readonly Value[], value => (value === null ? null : convert(value)))
}

type Convert = (value: Value) => Value

/** Undefined when values stay as they are. */
function converter(type: DataType, mapped: boolean): Convert | undefined {
  if (typeof type === 'string') return undefined
  switch (type.type) {
    case 'struct': {
      if (type.variant === true) return undefined
      const parts = type.fields
        .filter(field => !isVoid(field.type))
        .map(field => ({
          from: field.name,
          to: storedName(field, mapped),
          convert: converter(field.type, mapped),
        }))
      if (
        parts.length === type.fields.length &&
        parts.every(({ from, to, convert }) => from === to && convert === undefined)
      )
        return undefined
      return value => {
        const row = namedValues<Value>()
        for (const { from, to, convert } of parts) row[to] = optional(convert)(namedValue(value as Row, from) ?? null)
        return row
      }
    }
    case 'array': {
      const convert = converter(type.elementType, mapped)
      return convert && (value => (value as readonly Value[]).map(optional(convert)))
    }
    case 'map': {
      const key = converter(type.keyType, mapped)
      const item = converter(type.valueType, mapped)
      if (key === undefined && item === undefined) return undefined
      return value =>
        (value as readonly MapEntry[]).map(entry => ({
          key: optional(key)(entry.key),
          value: optional(item)(entry.value),
        }))
    }
    default:
      return undefined
  }
}

function optional(convert: Convert | undefined): Convert {
  return value => (value === null || convert === undefined ? value : convert(value))
}
