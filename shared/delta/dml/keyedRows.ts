import {
  type ColumnData,
  columnKey,
  compareValues,
  type DataType,
  type StructField,
  type Value,
} from '../../types/index.js'
import { joinedData } from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { fieldsByName } from '../scan/index.js'
import { charPadding, type Padding, typeText } from '../schema/index.js'
import type { Predicate, StatsShape } from '../stats/index.js'
import { conformRows, decodedRows, type Rows, rowText } from '../write/index.js'
import { longKey, longReader } from './longKeys.js'

/** A key as a Map compares it; undefined for one that is null in part, and so equals nothing. */
type MapKey = string | number | bigint | boolean | undefined

/** Up to so many values of a column are listed one by one, and more in so many ranges. */
const maxValues = 256

/**
 * Rows in memory, to be found by the values of some columns, which are compared exactly: strings by their bytes, NaN equal
 * to itself, -0 to 0. A key that is null in part equals nothing.
 */
export class KeyedRows {
  /** With the table's names and types, in the table's order. */
  readonly rows: Rows
  readonly keys: readonly StructField[]
  /** By key the place of the first row that has it. */
  readonly #first = new Map<MapKey, number>()
  /** By the place of a first row those of the others with its key. */
  readonly #more = new Map<number, number[]>()
  readonly #where: LogPlace

  /**
   * @param pieces under the table's column names, whose letter case does not matter
   * @throws DeltaError DELTA_BAD_ROWS, DELTA_NO_COLUMN, and DELTA_UNSUPPORTED_TYPE for a key that is no single value
   */
  constructor(
    pieces: readonly Rows[],
    on: readonly string[],
    table: Pick<StatsShape, 'schema' | 'partitionColumns'>,
    where: LogPlace,
  ) {
    this.#where = where
    this.rows = joinedRows(pieces, table, where)
    this.keys = keyFields(on, table.schema.fields, this.rows, where)
    const key = keyReader(this.keys, this.rows)
    for (let row = 0; row < this.rows.count; row++) {
      const value = key(row)
      if (value === undefined) continue
      const first = this.#first.get(value)
      if (first === undefined) this.#first.set(value, row)
      else {
        const more = this.#more.get(first)
        if (more === undefined) this.#more.set(first, [row])
        else more.push(row)
      }
    }
  }

  /** For each of some rows of the table the place of the first row here with its key, −1 where there is none. */
  places(rows: Rows): Int32Array {
    const key = keyReader(this.keys, rows)
    const places = new Int32Array(rows.count)
    for (let row = 0; row < rows.count; row++) {
      const value = key(row)
      places[row] = value === undefined ? -1 : (this.#first.get(value) ?? -1)
    }
    return places
  }

  /** Places of further rows with the key of a first one. */
  alike(place: number): readonly number[] {
    return this.#more.get(place) ?? []
  }

  /** What is true of every row of the table that matches one here; undefined when nothing is known. */
  predicate(): Predicate | undefined {
    const places = [...this.#first.values()]
    const parts = this.keys.flatMap(field => {
      const data = this.rows.columns.find(column => column.field === field)?.data ?? []
      const part = valuesPredicate(field, [...new Set(places.map(row => asRead(field, data[row] ?? null)))])
      return part === undefined ? [] : [part]
    })
    return parts.length === 0 ? undefined : { op: 'and', of: parts }
  }

  /** The error for a change by these rows in which two of them would update the same row. */
  ambiguous(row: number): DeltaError {
    const columns = this.rows.columns.filter(({ field }) => this.keys.includes(field))
    return new DeltaError(
      'DELTA_BAD_ROWS',
      `several rows of the source have the key ${rowText({ ...this.rows, columns }, row)}, and so does a row of the table: which of them it is to become is ambiguous`,
      { where: this.#where, data: { key: rowText({ ...this.rows, columns }, row) } },
    )
  }
}

function joinedRows(
  pieces: readonly Rows[],
  table: Pick<StatsShape, 'schema' | 'partitionColumns'>,
  where: LogPlace,
): Rows {
  const names = [...new Set(pieces.flatMap(({ columns }) => columns.map(({ field }) => field.name.toLowerCase())))]
  const known = new Set(fieldsByName(table.schema.fields, names, where))
  const fields = table.schema.fields.filter(field => known.has(field))
  let rowsBefore = 0
  const fitted = pieces.map(piece => {
    const shape = { schema: { type: 'struct', fields } as const, partitionColumns: table.partitionColumns }
    const rows = conformRows(shape, piece, { where, rowsBefore, nullable: true })
    rowsBefore += piece.count
    return decodedRows(rows)
  })
  return {
    count: rowsBefore,
    columns: fields.map((field, i) => ({
      field,
      data: joinedData(fitted.map(({ columns }) => columns[i]?.data ?? [])),
    })),
  }
}

function keyFields(
  on: readonly string[],
  fields: readonly StructField[],
  rows: Rows,
  where: LogPlace,
): readonly StructField[] {
  if (on.length === 0)
    throw new DeltaError('DELTA_BAD_ROWS', 'rows are merged by no column: name those that make two rows the same', {
      where,
    })
  return [...new Set(fieldsByName(fields, on, where))].map(field => {
    const data = { column: field.name }
    if (!isSingle(field.type))
      throw new DeltaError(
        'DELTA_UNSUPPORTED_TYPE',
        `rows cannot be merged by the column ${field.name}, which is ${typeText(field.type)}`,
        { where, data },
      )
    if (rows.count > 0 && !rows.columns.some(column => column.field === field))
      throw new DeltaError('DELTA_BAD_ROWS', `the source has no column ${field.name}, by which it is to be merged`, {
        where,
        data,
      })
    return field
  })
}

function isSingle(type: DataType): boolean {
  return typeof type === 'string' ? type !== 'void' : type.type === 'decimal'
}

function keyReader(keys: readonly StructField[], { columns }: Rows): (row: number) => MapKey {
  const parts = keys.map(key => partReader(key, columns.find(({ field }) => field.name === key.name)?.data ?? []))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return row => {
    let key = ''
    for (const part of parts) {
      const value = part(row)
      if (value === undefined) return undefined
      const text = value === 0 ? '0' : String(value)
      key += `${text.length}:${text}`
    }
    return key
  }
}

function partReader(field: StructField, data: ColumnData): (row: number) => MapKey {
  const pad = charPadding(field)
  if (data instanceof BigInt64Array) return longReader(data)
  return row => {
    const value = asRead(field, data[row] ?? null, pad)
    if (value === null) return undefined
    if (typeof value === 'bigint') return longKey(value)
    if (typeof value !== 'object') return value
    return value instanceof Uint8Array
      ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')
      : undefined
  }
}

/** A value as it is read once it was written. */
function asRead(field: StructField, value: Value, pad: Padding | undefined = charPadding(field)): Value {
  if (typeof value === 'string') return pad === undefined ? value.toWellFormed() : pad(value.toWellFormed())
  return field.type === 'float' && typeof value === 'number' ? Math.fround(value) : value
}

function valuesPredicate({ name, type }: StructField, values: Value[]): Predicate | undefined {
  const column = columnKey([name])
  // No writer records bounds of binary values, and not every writer counts NaN among them.
  if (type === 'binary' || values.some(value => Number.isNaN(value))) return undefined
  if (values.length <= maxValues) return { op: 'in', column, values }
  values.sort((a, b) => compareValues(a, b) ?? 0)
  return {
    op: 'or',
    of: stretchesOf(values).map(([least, most]) => ({
      op: 'and',
      of: [
        { op: '>=', column, value: least },
        { op: '<=', column, value: most },
      ],
    })),
  }
}

/**
 * So many stretches that hold all of the values, which ascend, with the widest gaps between them where these can be
 * measured.
 */
function stretchesOf(values: readonly Value[]): (readonly [least: Value, most: Value])[] {
  const cuts = typeof values[0] === 'string' ? evenCuts(values.length) : widestGaps(Float64Array.from(values, Number))
  return [0, ...cuts].map((from, i) => [values[from] ?? null, values[(cuts[i] ?? values.length) - 1] ?? null])
}

function evenCuts(count: number): number[] {
  return Array.from({ length: maxValues - 1 }, (_, i) => Math.floor(((i + 1) * count) / maxValues))
}

/** Where the gaps before values are widest, ascending. */
function widestGaps(values: Float64Array): number[] {
  const gaps = values.map((value, i) => (i === 0 ? 0 : value - (values[i - 1] ?? 0)))
  const least = gaps.toSorted()[values.length - maxValues] ?? 0
  const cuts: number[] = []
  for (let i = 1; i < gaps.length && cuts.length < maxValues; i++) if ((gaps[i] ?? 0) > least) cuts.push(i)
  return cuts
}
