import { type StoredColumn, type StoredData, Utf8Column } from '../../parquet/index.js'
import { type ColumnData, columnKey, type DataType, type StructField, type Value } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { isVoid, typeText } from '../schema/index.js'
import type { StatsShape } from '../stats/index.js'
import { charLimit, withinLimit } from './charLimit.js'
import { type Convert, shown, ValueConverter } from './conformValue.js'
import type { StoredRows } from './rows.js'
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
  rows: StoredRows,
  options: ConformOptions = {},
): StoredRows {
  const fit = new Fit(options)
  const given = new Map<string, StoredColumn>()
  for (const column of rows.columns) {
    const key = column.field.name.toLowerCase()
    if (given.has(key)) throw fit.bad([column.field.name], 'stands twice in the rows')
    if (column.data.length !== rows.count)
      throw fit.bad([column.field.name], `has ${column.data.length} values, and there are ${rows.count} rows`)
    given.set(key, column)
  }
  const partitions = new Set(partitionColumns.map(name => name.toLowerCase()))
  const columns = schema.fields.map((field): StoredColumn => {
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

class Fit {
  readonly #where: LogPlace | undefined
  readonly #rowsBefore: number
  readonly #nullable: boolean
  readonly #values = new ValueConverter((path, what, row) => this.bad(path, what, row))

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

  column(field: StructField, { field: from, data }: StoredColumn, partition: boolean): StoredData {
    const path = [field.name]
    this.#requireType(field.type, from.type, path)
    if (data instanceof Utf8Column) return this.#strings(field, { field: from, data }, partition)
    const emptyIsNull = partition && (field.type === 'string' || field.type === 'binary')
    if (!Array.isArray(data)) {
      if (!fitsTyped(field.type, data))
        throw this.bad(path, `is ${typeText(field.type)}, which a ${data.constructor.name} does not hold`)
      return data
    }
    const convert = this.#limited(field, this.#values.converter(field.type, from.type, path))
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

  /** Strings as files hold them; they are decoded where each has to be looked at. */
  #strings(
    field: StructField,
    { field: from, data }: { readonly field: StructField; readonly data: Utf8Column },
    partition: boolean,
  ): StoredData {
    if (field.type !== 'string')
      throw this.bad([field.name], `is ${typeText(field.type)}, which a column of strings does not hold`)
    if (partition || charLimit(field) !== undefined)
      return this.column(field, { field: from, data: data.strings() }, partition)
    if (!field.nullable && !this.#nullable && data.nullCount() > 0)
      throw this.bad([field.name], 'may not be null in the table, and is in the rows', data.present?.indexOf(0))
    return data
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
