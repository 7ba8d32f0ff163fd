import {
  type Column,
  type ColumnData,
  columnKey,
  type DataType,
  isRow,
  namedValue,
  namedValues,
  type StructField,
  type Value,
} from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { isVoid, typeText } from '../schema/index.js'
import type { StatsShape } from '../stats/index.js'
import { charLimit, withinLimit } from './charLimit.js'
import type { Rows } from './rows.js'
import { holdsValue } from './valueCheck.js'

/** How strict {@link conformRows} is, and what its errors name. */
export interface ConformOptions {
  readonly where?: LogPlace | undefined
  /** Rows that came before, for messages. */
  readonly rowsBefore?: number | undefined
  /** Whether a column that may not be null in the table may be so here: in rows that are not to be written to it. */
  readonly nullable?: boolean | undefined
}

/**
 * Rows as the table has them: all its columns in its order, under its own names at every depth, null where the rows
 * lack them. An empty text or binary in a partition column is null, as the log cannot represent it.
 *
 * @throws DeltaError DELTA_BAD_ROWS, naming column and row, when they do not fit
 */
export function conformRows(
  { schema, partitionColumns }: Pick<StatsShape, 'schema' | 'partitionColumns'>,
  rows: Rows,
  options: ConformOptions = {},
): Rows {
  const fit = new Fit(options)
  const given = new Map<string, Column>()
  for (const column of rows.columns) {
    const key = column.field.name.toLowerCase()
    if (given.has(key)) throw fit.bad([column.field.name], 'stands twice in the rows')
    if (column.data.length !== rows.count)
      throw fit.bad([column.field.name], `has ${column.data.length} values, and there are ${rows.count} rows`)
    given.set(key, column)
  }
  const partitions = new Set(partitionColumns.map(name => name.toLowerCase()))
  const columns = schema.fields.map((field): Column => {
    const key = field.name.toLowerCase()
    const column = given.get(key)
    given.delete(key)
    return {
      field,
      data: column === undefined ? fit.absent(field, rows.count) : fit.column(field, column, partitions.has(key)),
    }
  })
  for (const { field } of given.values()) {
    throw fit.bad(
      [field.name],
      `is not a column of the table, which has: ${schema.fields.map(({ name }) => name).join(', ')}`,
    )
  }
  return { count: rows.count, columns }
}

/** Converts a value of the rows' type to one of the table's type. */
type Convert = (value: Value, row: number) => Value

class Fit {
  readonly #where: LogPlace | undefined
  readonly #rowsBefore: number
  readonly #nullable: boolean

  constructor({ where, rowsBefore = 0, nullable = false }: ConformOptions) {
    this.#where = where
    this.#rowsBefore = rowsBefore
    this.#nullable = nullable
  }

  absent(field: StructField, count: number): ColumnData {
    if (field.metadata?.['CURRENT_DEFAULT'] !== undefined)
      throw this.bad(
        [field.name],
        `has a default (${JSON.stringify(field.metadata['CURRENT_DEFAULT'])}), which is not evaluated here: the rows must hold the column`,
      )
    if (!field.nullable && !this.#nullable && count > 0)
      throw this.bad([field.name], 'may not be null in the table, and the rows lack it')
    return new Array<Value>(count).fill(null)
  }

  column(field: StructField, { field: from, data }: Column, partition: boolean): ColumnData {
    const path = [field.name]
    this.#requireType(field.type, from.type, path)
    const emptyIsNull = partition && (field.type === 'string' || field.type === 'binary')
    if (!Array.isArray(data)) {
      if (!fitsTyped(field.type, data))
        throw this.bad(path, `is ${typeText(field.type)}, which a ${data.constructor.name} does not hold`)
      return data
    }
    const convert = this.#limited(field, this.#converter(field.type, from.type, path))
    const nullable = field.nullable || this.#nullable
    const values = data as readonly (Value | undefined)[]
    let output: Value[] | undefined
    for (let row = 0; row < values.length; row++) {
      const value = values[row]
      const empty = emptyIsNull && (value === '' || (value instanceof Uint8Array && value.length === 0))
      const fitted = value === null || value === undefined || empty ? null : convert(value, row)
      if (fitted === null && !nullable)
        throw this.bad(
          path,
          `may not be null in the table, and is${empty ? ' empty, which is null in a partition column,' : ''} in the rows`,
          row,
        )
      if (output === undefined && fitted !== value) output = values.slice(0, row) as Value[]
      output?.push(fitted)
    }
    return output ?? (data as readonly Value[])
  }

  /** Strings that are longer than a column's type has them do not fit, but for blanks at their end. */
  #limited(field: StructField, convert: Convert): Convert {
    const limit = charLimit(field)
    if (limit === undefined) return convert
    return (value, row) => {
      const text = withinLimit(convert(value, row) as string, limit)
      if (text === undefined)
        throw this.bad([field.name], `holds at most ${limit} characters, and ${shown(value)} has more`, row)
      return text
    }
  }

  #converter(type: DataType, from: DataType, path: readonly string[]): Convert {
    if (typeof type !== 'string') {
      if (type.type === 'struct' && typeof from !== 'string' && from.type === 'struct') {
        if (type.variant !== true) return this.#struct(type.fields, from.fields, path)
      } else if (type.type === 'array' && typeof from !== 'string' && from.type === 'array') {
        const item = this.#part(type.elementType, from.elementType, type.containsNull, [...path, 'element'])
        return (value, row) => {
          if (!Array.isArray(value)) throw this.#misfit(path, type, value, row)
          return mapped(value as readonly Value[], element => item(element, row))
        }
      } else if (type.type === 'map' && typeof from !== 'string' && from.type === 'map') {
        const key = this.#part(type.keyType, from.keyType, false, [...path, 'key'])
        const item = this.#part(type.valueType, from.valueType, type.valueContainsNull, [...path, 'value'])
        return (value, row) => {
          if (!Array.isArray(value)) throw this.#misfit(path, type, value, row)
          return mapped(value as readonly Value[], entry => {
            if (!isRow(entry)) throw this.#misfit(path, type, entry, row)
            const { key: oldKey, value: oldValue } = entry as { key?: Value; value?: Value }
            const [newKey, newValue] = [key(oldKey, row), item(oldValue, row)]
            return newKey === oldKey && newValue === oldValue ? entry : { key: newKey, value: newValue }
          })
        }
      }
    }
    return (value, row) => {
      if (!holdsValue(type, value)) throw this.#misfit(path, type, value, row)
      return value
    }
  }

  #struct(fields: readonly StructField[], from: readonly StructField[], path: readonly string[]): Convert {
    const parts = fields.map(field => {
      const here = [...path, field.name]
      const source = from.find(({ name }) => name.toLowerCase() === field.name.toLowerCase())
      const part = this.#part(field.type, source?.type ?? field.type, field.nullable, here)
      return { name: field.name, source: source?.name, part }
    })
    const sameNames = parts.every(({ name, source }) => name === source)
    const known = new Set(from.map(({ name }) => name))
    return (value, row) => {
      if (!isRow(value)) throw this.#misfit(path, { type: 'struct', fields }, value, row)
      for (const name of Object.keys(value)) {
        if (!known.has(name)) throw this.bad([...path, name], "is not a field of the rows' own type", row)
      }
      let same = sameNames
      const output = namedValues<Value>()
      for (const { name, source, part } of parts) {
        const old = source === undefined ? null : namedValue(value, source)
        const fitted = part(old, row)
        same &&= fitted === (old ?? null)
        output[name] = fitted
      }
      return same ? value : output
    }
  }

  /** A value inside another: null as well, where its type allows. */
  #part(
    type: DataType,
    from: DataType,
    nullable: boolean,
    path: readonly string[],
  ): (value: Value | undefined, row: number) => Value {
    const convert = this.#converter(type, from, path)
    return (value, row) => {
      if (value !== null && value !== undefined) return convert(value, row)
      if (!nullable) throw this.bad(path, 'may not be null in the table, and is in the rows', row)
      return null
    }
  }

  /** The types must be equal but for nullability and for fields that the rows lack. */
  #requireType(table: DataType, from: DataType, path: readonly string[]): void {
    if (typeof table !== 'string' && typeof from !== 'string' && table.type === from.type) {
      if (table.type === 'struct' && from.type === 'struct' && table.variant === from.variant) {
        for (const field of from.fields) {
          const own = table.fields.find(({ name }) => name.toLowerCase() === field.name.toLowerCase())
          if (own === undefined) throw this.bad([...path, field.name], 'is not a column of the table')
          this.#requireType(own.type, field.type, [...path, own.name])
        }
        return
      }
      if (table.type === 'array' && from.type === 'array') {
        this.#requireType(table.elementType, from.elementType, [...path, 'element'])
        return
      }
      if (table.type === 'map' && from.type === 'map') {
        this.#requireType(table.keyType, from.keyType, [...path, 'key'])
        this.#requireType(table.valueType, from.valueType, [...path, 'value'])
        return
      }
    }
    if (isVoid(from) || typeText(table) === typeText(from)) return
    throw this.bad(path, `is ${typeText(table)} in the table and ${typeText(from)} in the rows`)
  }

  #misfit(path: readonly string[], type: DataType, value: Value | undefined, row: number): DeltaError {
    return this.bad(path, `(${typeText(type)}) cannot hold ${shown(value)}`, row)
  }

  bad(path: readonly string[], what: string, row?: number): DeltaError {
    const column = columnKey(path)
    const number = row === undefined ? undefined : this.#rowsBefore + row + 1
    return new DeltaError(
      'DELTA_BAD_ROWS',
      `column ${column} ${what}${number === undefined ? '' : `, row ${number} of those written`}`,
      {
        where: this.#where,
        data: { column, ...(number === undefined ? {} : { row: number }) },
      },
    )
  }
}

/** The same array when every item is. */
function mapped(items: readonly Value[], map: (item: Value) => Value): Value {
  let output: Value[] | undefined
  items.forEach((item, i) => {
    const fitted = map(item)
    if (output === undefined && fitted !== item) output = items.slice(0, i)
    output?.push(fitted)
  })
  return output ?? items
}

function fitsTyped(type: DataType, data: ColumnData): boolean {
  if (data instanceof BigInt64Array) return type === 'long' || type === 'timestamp' || type === 'timestamp_ntz'
  if (data instanceof Float64Array) return type === 'double'
  if (data instanceof Float32Array) return type === 'float'
  if (!(data instanceof Int32Array)) return false
  return (
    type === 'integer' ||
    type === 'date' ||
    ((type === 'byte' || type === 'short') && data.every(value => holdsValue(type, value)))
  )
}

function shown(value: Value | undefined): string {
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'a struct'
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 60)
  return `${text} (${typeof value})`
}
