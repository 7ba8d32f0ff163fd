import { type DataType, parseDecimal, parseSparkDate, parseSparkTimestamp, type Value } from '../../types/index.js'
import { literal, sqlType, valueLiteral } from '../duckdb/index.js'
import { unsupported } from './sparkTokens.js'
import { decimalType, isFloating, type TypedSql } from './typedSql.js'

/** Literals of Spark's SQL as DuckDB's, of the very types that they have there. */

const numberSuffixes: Readonly<Record<string, DataType>> = { L: 'long', S: 'short', Y: 'byte', D: 'double', F: 'float' }

/**
 * `12`, `12L`, `1.5BD`, `1e3`.
 *
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION
 */
export function numberSql(text: string, suffix: string): TypedSql {
  const typed = numberSuffixes[suffix]
  const isWhole = /^-?\d+$/.test(text)
  if (typed !== undefined) {
    if (!isFloating(typed) && !isWhole) throw unsupported(`the number ${text}${suffix}`)
    return { sql: `CAST(${literal(text)} AS ${sqlType(typed)})`, type: typed, literal: text }
  }
  if (suffix !== 'BD' && /e/i.test(text))
    return { sql: `CAST(${literal(text)} AS DOUBLE)`, type: 'double', literal: text }
  if (suffix !== 'BD' && isWhole) {
    const value = BigInt(text)
    const type =
      value === BigInt.asIntN(32, value) ? 'integer' : value === BigInt.asIntN(64, value) ? 'long' : undefined
    if (type !== undefined) return { sql: valueLiteral(type, value), type, literal: text }
  }
  const scale = /\.(\d+)/.exec(text)?.[1]?.length ?? 0
  const unscaled = /e/i.test(text) ? undefined : parseDecimal(text, scale)
  if (unscaled === undefined) throw unsupported(`the number ${text}${suffix}`)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).length
  const type = decimalType(Math.max(digits, scale) - scale, scale, 'a number')
  return { sql: valueLiteral(type, unscaled), type, literal: text }
}

/**
 * `DATE '2025-04-01'`, `X'00ff'`.
 *
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION for words and strings that not every session of Spark reads alike
 */
export function typedLiteral(word: string, text: string): TypedSql {
  const make = (type: DataType, value: Value | undefined): TypedSql => {
    if (value === undefined) throw unsupported(`${word} ${literal(text)}`)
    return { sql: valueLiteral(type, value), type }
  }
  switch (word) {
    case 'DATE':
      return make('date', /^[+-]?\d{4,7}-\d{2}-\d{2}$/.test(text) ? parseSparkDate(text) : undefined)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      if (!/(?:Z|[+-]\d{2}:?\d{2})$/.test(text))
        throw unsupported(`${word} ${literal(text)}, which each session reads in its own zone,`)
      return make('timestamp', parseSparkTimestamp(text))
    case 'TIMESTAMP_NTZ':
      return make(
        'timestamp_ntz',
        /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes(':') ? undefined : parseSparkTimestamp(text),
      )
    case 'X':
      return make('binary', /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : undefined)
    default:
      throw unsupported(`${word} ${literal(text)}`)
  }
}
