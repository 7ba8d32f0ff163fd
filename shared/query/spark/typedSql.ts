import { typeText } from '../../delta/index.js'
import type { DataType, DecimalType } from '../../types/index.js'
import { sqlType } from '../duckdb/index.js'
import { unsupported } from './sparkTokens.js'

/** An expression in DuckDB's SQL, and the type that it has there and in Spark alike. */
export interface TypedSql {
  readonly sql: string
  readonly type: DataType
  /** A text or a number as it stands, where the expression is one. */
  readonly literal?: string | undefined
}

/** Digits of integers, as Spark counts them when it makes decimals of them. */
const digits: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 20 }
const integers = ['byte', 'short', 'integer', 'long'] as const

/** Spark's byte, short, integer and long. */
export const isInteger = (type: DataType) => typeof type === 'string' && digits[type] !== undefined
/** Decimals of any precision and scale. */
export const isDecimal = (type: DataType): type is DecimalType => typeof type === 'object' && type.type === 'decimal'
/** Integers and decimals: Spark brings them to a common decimal. */
export const isExact = (type: DataType) => isInteger(type) || isDecimal(type)
/** Float and double, whose arithmetic rounds. */
export const isFloating = (type: DataType) => type === 'float' || type === 'double'

/** The value's SQL, cast to the type that DuckDB has for a Delta type. */
export function as({ sql }: TypedSql, type: DataType): string {
  return `CAST(${sql} AS ${sqlType(type)})`
}

/** An exact number's type as a decimal. */
export function decimalOf(type: DataType): DecimalType {
  return isDecimal(type) ? type : { type: 'decimal', precision: digits[type as string] ?? 38, scale: 0 }
}

/** A decimal type, unless it is longer than any is: there Spark rounds. */
export function decimalType(integerDigits: number, scale: number, what: string): DecimalType {
  if (integerDigits + scale > 38) throw unsupported(`${what} of decimals that need more than 38 digits`)
  return { type: 'decimal', precision: integerDigits + scale, scale }
}

/**
 * The type to which Spark brings values before it compares them or chooses between them, where all its versions and
 * settings agree, and DuckDB does the same.
 */
export function sharedType(what: string, values: readonly TypedSql[]): DataType {
  const [first, ...rest] = values.map(({ type }) => type).filter(type => type !== 'void')
  return rest.reduce((one, other) => pairType(what, one, other, values), first ?? 'void')
}

function pairType(what: string, a: DataType, b: DataType, values: readonly TypedSql[]): DataType {
  if (typeText(a) === typeText(b)) return a
  if (isInteger(a) && isInteger(b))
    return (
      integers[
        Math.max(integers.indexOf(a as (typeof integers)[number]), integers.indexOf(b as (typeof integers)[number]))
      ] ?? 'long'
    )
  if (isExact(a) && isExact(b)) {
    const [x, y] = [decimalOf(a), decimalOf(b)]
    return decimalType(Math.max(x.precision - x.scale, y.precision - y.scale), Math.max(x.scale, y.scale), what)
  }
  if ((isFloating(a) && isFloating(b)) || (a === 'double' && isExact(b)) || (b === 'double' && isExact(a)))
    return 'double'
  // Beside a float, Spark makes doubles of decimals always, of integers only in its ANSI mode; small ones are the same.
  if ((a === 'float' && isDecimal(b)) || (b === 'float' && isDecimal(a))) return 'double'
  const small = values.every(
    ({ type, literal }) => !isInteger(type) || (literal !== undefined && Math.abs(Number(literal)) <= 2 ** 24),
  )
  if (small && ((a === 'float' && isInteger(b)) || (b === 'float' && isInteger(a)))) return 'double'
  throw unsupported(`${what} of ${typeText(a)} and ${typeText(b)}`)
}
