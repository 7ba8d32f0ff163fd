import { BinaryColumn, decodedData, Utf8Column, type WrittenColumn, type WrittenData } from '../../parquet/index.js'
import {
  type ColumnData,
  compareStrings,
  type DataType,
  namedValue,
  type Row,
  surrogatesLast,
  type Value,
} from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import type { ColumnStats, FileStats } from './stats.js'
import type { StatsColumn, StatsPlan } from './statsColumns.js'

/**
 * The statistics of columns in memory, in one pass over each. Every column must have the same number of values.
 * A planned column that is not among `columns` is missing from the file, which means null in every row.
 */
export function collectStats(columns: readonly WrittenColumn[], plan: StatsPlan): FileStats {
  const rows = columns[0]?.data.length ?? 0
  const byName = new Map<string, WrittenColumn>()
  for (const column of columns) {
    if (column.data.length !== rows)
      throw new DeltaError(
        'DELTA_BAD_ROWS',
        `column ${column.field.name} has ${column.data.length} values, others have ${rows}`,
      )
    byName.set(column.field.name, column)
  }
  const found = new Map<string, ColumnStats>()
  for (const column of plan.columns) {
    const source = byName.get(column.path[0] ?? '')
    found.set(column.key, source === undefined ? { nullCount: BigInt(rows) } : columnStats(source.data, column))
  }
  return { numRecords: BigInt(rows), columns: found }
}

function columnStats(data: WrittenData, column: StatsColumn): ColumnStats {
  if (data instanceof BinaryColumn) return { nullCount: BigInt(data.nullCount()) }
  if (data instanceof Utf8Column && column.path.length === 1) return encodedTextStats(data, column.bounds)
  const values = column.path.length === 1 ? decodedData(data) : leafValues(decodedData(data), column.path.slice(1))
  return column.bounds ? bounded(values, column.field.type) : { nullCount: BigInt(countNulls(values)) }
}

/** The values of a field inside structs; a null struct is null in each of its fields. */
function leafValues(data: ColumnData, path: readonly string[]): Value[] {
  const values: Value[] = new Array<Value>(data.length)
  for (let i = 0; i < data.length; i++) {
    let value: Value | undefined = data[i]
    for (const name of path) {
      if (value === null || value === undefined) break
      value = namedValue(value as Row, name)
    }
    values[i] = value ?? null
  }
  return values
}

function countNulls(data: ColumnData): number {
  if (!isPlain(data)) return 0
  let nulls = 0
  for (const value of data) if (value === null || (value as Value | undefined) === undefined) nulls++
  return nulls
}

function bounded(data: ColumnData, type: DataType): ColumnStats {
  if (data instanceof BigInt64Array) return longStats(data)
  if (!isPlain(data)) return numberStats(data)
  if (type === 'string') return stringStats(data as readonly (string | null)[])
  return typeof type !== 'string' || type === 'long' || type === 'timestamp' || type === 'timestamp_ntz'
    ? bigintStats(data as readonly (bigint | null)[])
    : numberStats(data as readonly (number | null)[])
}

/** NaN is above all numbers, so it is the greatest where there is one, and the least only where there is nothing else. */
function numberStats(data: readonly (number | null)[] | Float64Array | Float32Array | Int32Array): ColumnStats {
  let nulls = 0
  let nans = 0
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value === null || value === undefined) nulls++
    else if (value !== value) nans++
    else {
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  const nullCount = BigInt(nulls)
  if (nulls === data.length) return { nullCount }
  if (nulls + nans === data.length) return { min: NaN, max: NaN, nullCount }
  // A column of nothing but one infinity never passes the comparison with its starting value, and equals it.
  return { min, max: nans > 0 ? NaN : max, nullCount }
}

/** Compares halves, because reading an element of the array would make a bigint of each. */
function longStats(data: BigInt64Array): ColumnStats {
  if (data.length === 0) return { nullCount: 0n }
  const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2)
  const high = new Int32Array(data.buffer, data.byteOffset, data.length * 2)
  let minAt = 0
  let maxAt = 0
  let minHigh = high[highWord] as number
  let minLow = low[1 - highWord] as number
  let maxHigh = minHigh
  let maxLow = minLow
  for (let i = 2; i < low.length; i += 2) {
    const h = high[i + highWord] as number
    const l = low[i + 1 - highWord] as number
    if (h < minHigh || (h === minHigh && l < minLow)) {
      minAt = i
      minHigh = h
      minLow = l
    } else if (h > maxHigh || (h === maxHigh && l > maxLow)) {
      maxAt = i
      maxHigh = h
      maxLow = l
    }
  }
  return { min: data[minAt / 2], max: data[maxAt / 2], nullCount: 0n }
}

/** Where the upper half of a 64-bit integer lies in memory: 1 on little-endian machines. */
const highWord = new Uint32Array(BigInt64Array.of(1n).buffer)[0] === 1 ? 1 : 0

function bigintStats(data: readonly (bigint | null)[]): ColumnStats {
  let nulls = 0
  let min: bigint | undefined
  let max: bigint | undefined
  for (const value of data) {
    if (value === null || (value as bigint | undefined) === undefined) nulls++
    else if (min === undefined || max === undefined) min = max = value
    else if (value > max) max = value
    else if (value < min) min = value
  }
  return { min, max, nullCount: BigInt(nulls) }
}

/**
 * JavaScript's own comparison is several times faster than one by code points, and the same as long as one side has no
 * unit from the surrogates upwards; so it is used for as long as the bounds have none.
 */
function stringStats(data: readonly (string | null)[]): ColumnStats {
  let nulls = 0
  let min: string | undefined
  let max: string | undefined
  let minHigh = false
  let maxHigh = false
  for (const value of data) {
    if (value === null || (value as string | undefined) === undefined) {
      nulls++
      continue
    }
    if (min === undefined || max === undefined) {
      min = max = value
      minHigh = maxHigh = highUnit.test(value)
      continue
    }
    // The first unit alone settles most values of a column of ids.
    const first = value.charCodeAt(0)
    if (first > min.charCodeAt(0) && first < max.charCodeAt(0) && !maxHigh) continue
    const toMax = maxHigh ? compareUnits(value, max) : Number(value > max)
    const toMin = toMax > 0 ? 1 : minHigh ? compareUnits(value, min) : -Number(value < min)
    if (Number.isNaN(toMax) || Number.isNaN(toMin)) return wellFormedStats(data)
    if (toMax > 0) {
      max = value
      maxHigh = highUnit.test(value)
    } else if (toMin < 0) {
      min = value
      minHigh = highUnit.test(value)
    }
  }
  return { min: min?.toWellFormed(), max: max?.toWellFormed(), nullCount: BigInt(nulls) }
}

function encodedTextStats(strings: Utf8Column, bounds: boolean): ColumnStats {
  const nullCount = BigInt(strings.nullCount())
  const found = bounds ? strings.extremes() : undefined
  if (found !== undefined)
    return { min: strings.text(found.least) ?? undefined, max: strings.text(found.greatest) ?? undefined, nullCount }
  return bounds ? { min: undefined, max: undefined, nullCount } : { nullCount }
}

const highUnit = /[\ud800-\uffff]/

/**
 * {@link compareStrings} as long as a lone surrogate cannot matter, NaN where it might: in a file it becomes U+FFFD,
 * which has another place in the order.
 */
function compareUnits(a: string, b: string): number {
  const length = a.length < b.length ? a.length : b.length
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    if (x < 0xd800 || y < 0xd800) return x - y
    return a.isWellFormed() && b.isWellFormed() ? surrogatesLast(x) - surrogatesLast(y) : NaN
  }
  return a.length - b.length
}

function wellFormedStats(data: readonly (string | null)[]): ColumnStats {
  const values = data.flatMap(value => (typeof value === 'string' ? [value.toWellFormed()] : []))
  let [min, max] = [values[0], values[0]]
  for (const value of values) {
    if (min !== undefined && compareStrings(value, min) < 0) min = value
    if (max !== undefined && compareStrings(value, max) > 0) max = value
  }
  return { min, max, nullCount: BigInt(data.length - values.length) }
}

function isPlain(data: ColumnData): data is readonly Value[] {
  return Array.isArray(data)
}
