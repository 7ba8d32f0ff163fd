import { sparkTypeNames } from '../../delta/ddl/index.js'
import { typeText } from '../../delta/index.js'
import { type DataType, namedValue } from '../../types/index.js'
import { sqlType } from '../duckdb/index.js'
import { typedLiteral } from './sparkLiteral.js'
import { unsupported } from './sparkTokens.js'
import { isDecimal, isExact, isFloating, isInteger, type TypedSql } from './typedSql.js'

/**
 * A CAST that DuckDB does as Spark does.
 *
 * @param name of the type, in lower case
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION
 */
export function castSql(value: TypedSql, name: string): TypedSql {
  const [, precision = '10', scale = '0'] = /^(?:decimal|dec|numeric)(?:\((\d+)(?:,(\d+))?\))?$/.exec(name) ?? []
  const type: DataType | undefined =
    namedValue(sparkTypeNames, name) ??
    (/^(?:decimal|dec|numeric)/.test(name)
      ? { type: 'decimal', precision: Number(precision), scale: Number(scale) }
      : undefined)
  if (type === undefined || type === 'void') throw unsupported(`a CAST to ${name}`)
  const cast = (sql: string): TypedSql => ({ sql: `CAST(${sql} AS ${sqlType(type)})`, type })
  const from = value.type
  if (from === 'void' || typeText(from) === typeText(type)) return cast(value.sql)
  if (isInteger(type)) {
    if (isInteger(from) || from === 'boolean') return cast(value.sql)
    // Spark cuts where DuckDB rounds.
    if (isDecimal(from) || isFloating(from)) return cast(`trunc(${value.sql})`)
  }
  if (type === 'double' && (isExact(from) || from === 'float')) return cast(value.sql)
  if (type === 'float' && from === 'double') return cast(value.sql)
  if (isDecimal(type) && isExact(from)) return cast(value.sql)
  if (type === 'string' && (isInteger(from) || from === 'boolean')) return cast(value.sql)
  if (type === 'date' && from === 'timestamp_ntz') return cast(value.sql)
  if (type === 'timestamp_ntz' && from === 'date') return cast(value.sql)
  if (type === 'date' && from === 'string' && value.literal !== undefined) return typedLiteral('DATE', value.literal)
  if (type === 'binary' && from === 'string') return { sql: `encode(${value.sql})`, type }
  throw unsupported(`a CAST of ${typeText(from)} to ${typeText(type)}`)
}
