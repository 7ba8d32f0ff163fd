import { type DataType, dayMicros, type Value } from '../../types/index.js'
import { sqlType } from '../duckdb/index.js'
import type { Constant } from './conditionTree.js'

/**
 * Constants of a condition among the values of a column, in the way DuckDB would compare the two.
 */

/**
 * Where a constant lies among a column's values: at `value`, or, when it is not `exact`, above `value` and below all
 * greater ones that the column can have.
 */
export interface Point {
  readonly value: Value
  readonly exact: boolean
}

/**
 * The points of constants that are compared with one column together (as in IN and BETWEEN, where DuckDB brings all to
 * one type); null for null. Undefined when it is not certain how DuckDB compares one of them.
 */
export function pointsOf(type: DataType, constants: readonly Constant[]): readonly (Point | null)[] | undefined {
  const given = constants.filter(constant => constant.value !== null)
  const strings = given.filter(isText).length
  if (type !== 'string' && strings > 0) {
    // A text beside a typed column is cast to the column's type, when no constant of another type takes part.
    if (strings < given.length) return undefined
    return all(constants, constant => certain(constant.as.get(sqlType(type))))
  }
  const scale =
    integerDigits(type) === undefined ? undefined : typeof type === 'object' && type.type === 'decimal' ? type.scale : 0
  if (scale !== undefined) {
    const exact = given.map(exactNumber)
    if (exact.includes(undefined) || !fitTogether(type, given)) return undefined
    return all(constants, constant => {
      const number = exactNumber(constant)
      return number && scaled(type, number, scale)
    })
  }
  switch (type) {
    case 'string':
      return given.every(isText) ? all(constants, ({ value }) => certain(value)) : undefined
    case 'boolean':
      return given.every(({ value }) => typeof value === 'boolean')
        ? all(constants, ({ value }) => certain(value))
        : undefined
    case 'double':
      return given.every(isNumber) ? all(constants, constant => certain(constant.as.get('DOUBLE'))) : undefined
    case 'float': {
      if (!given.every(isNumber)) return undefined
      const doubles = given.filter(constant => constant.sqlType === 'DOUBLE').length
      if (doubles > 0 && doubles < given.length) return undefined
      return all(constants, constant => certain(doubles > 0 ? constant.value : constant.as.get('FLOAT')))
    }
    case 'date':
      return all(constants, constant => dayPoint(constant))
    case 'timestamp':
    case 'timestamp_ntz':
      return all(constants, constant => {
        const micros = microsOf(constant)
        return micros === undefined ? undefined : { value: micros, exact: true }
      })
    default:
      return undefined
  }
}

function all(
  constants: readonly Constant[],
  point: (constant: Constant) => Point | undefined,
): readonly (Point | null)[] | undefined {
  const points: (Point | null)[] = []
  for (const constant of constants) {
    if (constant.value === null) {
      points.push(null)
      continue
    }
    const found = point(constant)
    if (found === undefined) return undefined
    points.push(found)
  }
  return points
}

/** NaN has an order of its own, which statistics need not follow. */
function certain(value: Value | undefined): Point | undefined {
  return value === undefined || value === null || Number.isNaN(value) ? undefined : { value, exact: true }
}

const isText = ({ sqlType: name }: Constant) => name === 'VARCHAR'
const isNumber = (constant: Constant) =>
  constant.sqlType === 'DOUBLE' || constant.sqlType === 'FLOAT' || exactNumber(constant) !== undefined

interface ExactNumber {
  readonly unscaled: bigint
  readonly scale: number
  readonly integerDigits: number
}

const integerTypes: Readonly<Record<string, number>> = {
  TINYINT: 3,
  SMALLINT: 5,
  INTEGER: 10,
  BIGINT: 19,
  UTINYINT: 3,
  USMALLINT: 5,
  UINTEGER: 10,
  UBIGINT: 20,
  HUGEINT: 39,
  UHUGEINT: 39,
}

function exactNumber({ sqlType: name, value }: Constant): ExactNumber | undefined {
  const digits = integerTypes[name]
  if (digits !== undefined && (typeof value === 'number' || typeof value === 'bigint'))
    return { unscaled: BigInt(value), scale: 0, integerDigits: digits }
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(name) ?? []
  if (precision === undefined || scale === undefined || typeof value !== 'bigint') return undefined
  return { unscaled: value, scale: Number(scale), integerDigits: Number(precision) - Number(scale) }
}

/** Digits before the point that the column's type has room for; undefined for a type that is not of exact numbers. */
function integerDigits(type: DataType): number | undefined {
  if (typeof type === 'object') return type.type === 'decimal' ? type.precision - type.scale : undefined
  return ({ byte: 3, short: 5, integer: 10, long: 19 } as Readonly<Record<string, number>>)[type]
}

/** Whether one decimal type has room for all digits of column and constants; otherwise DuckDB rounds before it compares. */
function fitTogether(type: DataType, constants: readonly Constant[]): boolean {
  const numbers = constants.map(exactNumber).filter(number => number !== undefined)
  const ownScale = typeof type === 'object' && type.type === 'decimal' ? type.scale : 0
  const isDecimal = typeof type === 'object' || numbers.some(({ scale }) => scale > 0)
  // Between integers the wider type holds both.
  if (!isDecimal) return true
  const scale = Math.max(ownScale, ...numbers.map(number => number.scale))
  return Math.max(integerDigits(type) ?? 0, ...numbers.map(number => number.integerDigits)) + scale <= 38
}

function scaled(type: DataType, { unscaled, scale }: ExactNumber, ownScale: number): Point {
  const [value, exact] =
    scale <= ownScale
      ? [unscaled * 10n ** BigInt(ownScale - scale), true]
      : floor(unscaled, 10n ** BigInt(scale - ownScale))
  return { value: type === 'long' || typeof type === 'object' ? value : Number(value), exact }
}

/** Days and microseconds beyond these mean infinity to DuckDB. */
const lastDay = 2 ** 31 - 2
const lastMicros = 2n ** 63n - 2n

function dayPoint(constant: Constant): Point | undefined {
  if (constant.sqlType === 'DATE')
    return typeof constant.value === 'number' && Math.abs(constant.value) <= lastDay
      ? certain(constant.value)
      : undefined
  const micros = microsOf(constant)
  if (micros === undefined) return undefined
  const [day, exact] = floor(micros, dayMicros)
  return { value: Number(day), exact }
}

/** Sessions are in UTC, where days begin at midnight and wall clocks show the same time. */
function microsOf({ sqlType: name, value }: Constant): bigint | undefined {
  if (name === 'DATE' && typeof value === 'number' && Math.abs(value) <= lastDay) return BigInt(value) * dayMicros
  if (name !== 'TIMESTAMP' && name !== 'TIMESTAMP WITH TIME ZONE') return undefined
  return typeof value === 'bigint' && value <= lastMicros && value >= -lastMicros ? value : undefined
}

function floor(value: bigint, by: bigint): [quotient: bigint, exact: boolean] {
  const rest = ((value % by) + by) % by
  return [(value - rest) / by, rest === 0n]
}
