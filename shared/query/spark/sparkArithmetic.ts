import { typeText } from '../../delta/index.js'
import type { DataType } from '../../types/index.js'
import { sqlType } from '../duckdb/index.js'
import { unsupported } from './sparkTokens.js'
import {
  as,
  decimalOf,
  decimalType,
  isDecimal,
  isExact,
  isFloating,
  isInteger,
  sharedType,
  type TypedSql,
} from './typedSql.js'

/**
 * `+`, `-`, `*`, `/`, `%` and `div` of two values, with the type that Spark gives the result.
 *
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION
 */
export function arithmeticSql(name: string, a: TypedSql, b: TypedSql): TypedSql {
  if (isExact(a.type) && isExact(b.type)) {
    if (name === '/') {
      if (isDecimal(a.type) || isDecimal(b.type)) throw unsupported('division of decimals')
      return { sql: `(${as(a, 'double')} / nullif(${as(b, 'double')}, 0))`, type: 'double' }
    }
    if (isInteger(a.type) && isInteger(b.type)) {
      const type = name === 'div' ? 'long' : sharedType(name, [a, b])
      const [x, y] = [as(a, type), as(b, type)]
      if (name === 'div') return { sql: `(${x} // nullif(${y}, 0))`, type }
      return { sql: name === '%' ? `(${x} % nullif(${y}, 0))` : `(${x} ${name} ${y})`, type }
    }
    return decimalArithmetic(name, a, b)
  }
  if (name === 'div' || !(isFloating(a.type) || isExact(a.type)) || !(isFloating(b.type) || isExact(b.type)))
    throw unsupported(`${name} of ${typeText(a.type)} and ${typeText(b.type)}`)
  const type = sharedType(name, [a, b])
  if (type !== 'double') throw unsupported(`${name} of floats, which are not as exact as doubles`)
  const divisor = name === '/' || name === '%' ? `nullif(${as(b, type)}, 0)` : as(b, type)
  return { sql: `(${as(a, type)} ${name} ${divisor})`, type }
}

function decimalArithmetic(name: string, a: TypedSql, b: TypedSql): TypedSql {
  const [x, y] = [literalDecimal(a), literalDecimal(b)]
  if (name === '*') {
    const type = decimalType(x.precision - x.scale + y.precision - y.scale + 1, x.scale + y.scale, name)
    // DuckDB stays within 18 digits as long as both have no more.
    const wide: DataType = { ...x, precision: 38 - y.precision }
    return { sql: `CAST(${as(a, wide)} * ${as(b, y)} AS ${sqlType(type)})`, type }
  }
  if (name !== '+' && name !== '-') throw unsupported(`${name} of decimals`)
  const type = decimalType(Math.max(x.precision - x.scale, y.precision - y.scale) + 1, Math.max(x.scale, y.scale), name)
  return { sql: `(${as(a, type)} ${name} ${as(b, type)})`, type }
}

/** Beside a decimal, Spark counts only the digits that an integer literal has. */
function literalDecimal(x: TypedSql): ReturnType<typeof decimalOf> {
  if (x.literal === undefined || !isInteger(x.type)) return decimalOf(x.type)
  return { type: 'decimal', precision: x.literal.replace('-', '').length, scale: 0 }
}
