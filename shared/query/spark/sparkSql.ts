import { typeText } from '../../delta/index.js'
import { fieldNamed, isStruct, type StructField } from '../../types/index.js'
import { identifier, literal, valueLiteral } from '../duckdb/index.js'
import { arithmeticSql } from './sparkArithmetic.js'
import { castSql } from './sparkCast.js'
import { matches, requireBoolean, sparkFunctions } from './sparkFunctions.js'
import { numberSql, typedLiteral } from './sparkLiteral.js'
import { likePattern } from './sparkPattern.js'
import { unsupported } from './sparkTokens.js'
import { type SparkTree, sparkTree } from './sparkTree.js'
import { as, isDecimal, isExact, isFloating, isInteger, sharedType, type TypedSql } from './typedSql.js'

/**
 * A condition of Spark's SQL over columns of the given types as one of DuckDB's that means the same. What could mean
 * something else, in any of Spark's versions and settings, is refused by name: other functions, comparisons of strings
 * with numbers, days of timestamps in nobody's zone. An overflow is an error, as in Spark's ANSI mode.
 *
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION
 * @example sparkCondition("name RLIKE '^a.+' AND n div 2 <=> 3", fields)
 */
export function sparkCondition(sql: string, fields: readonly StructField[]): string {
  const condition = new SparkTranslation(fields).translate(sparkTree(sql))
  requireBoolean(condition)
  return condition.sql
}

const symbols: Readonly<Record<string, string>> = {
  '=': '=',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '<=>': 'IS NOT DISTINCT FROM',
}

class SparkTranslation {
  readonly #fields: readonly StructField[]

  constructor(fields: readonly StructField[]) {
    this.#fields = fields
  }

  translate(tree: SparkTree): TypedSql {
    switch (tree.kind) {
      case 'number':
        return numberSql(tree.text, tree.suffix)
      case 'string':
        return { sql: valueLiteral('string', tree.text), type: 'string', literal: tree.text }
      case 'boolean':
        return { sql: String(tree.value), type: 'boolean' }
      case 'null':
        return { sql: 'NULL', type: 'void' }
      case 'typed':
        return typedLiteral(tree.word, tree.text)
      case 'column':
        return this.#column(tree.path)
      case 'cast':
        return castSql(this.translate(tree.of), tree.type)
      case 'call': {
        const translation = sparkFunctions.get(tree.name)
        if (translation === undefined) throw unsupported(`the function ${tree.name}`)
        return translation(
          tree.of.map(one => this.translate(one)),
          tree.name,
        )
      }
      case 'case':
        return this.#case(tree)
      case 'operator':
        return this.#operator(tree.name, tree.of)
    }
  }

  #column(path: readonly string[]): TypedSql {
    let inside: readonly StructField[] = this.#fields
    let found: TypedSql | undefined
    for (const name of path) {
      const field = fieldNamed(inside, name)
      if (field === undefined) throw unsupported(`${path.join('.')}, which is no column of the table,`)
      const sql = found === undefined ? identifier(field.name) : `struct_extract(${found.sql}, ${literal(field.name)})`
      found = { sql, type: field.type }
      inside = isStruct(field.type) ? field.type.fields : []
    }
    return found ?? { sql: 'NULL', type: 'void' }
  }

  #case({ branches, otherwise }: SparkTree & { readonly kind: 'case' }): TypedSql {
    const parts = branches.map(([when, then]) => [this.translate(when), this.translate(then)] as const)
    for (const [when] of parts) requireBoolean(when)
    const last = this.translate(otherwise)
    const type = sharedType('CASE', [...parts.map(([, then]) => then), last])
    const whens = parts.map(([when, then]) => `WHEN ${when.sql} THEN ${as(then, type)}`)
    return { sql: `CASE ${whens.join(' ')} ELSE ${as(last, type)} END`, type }
  }

  #operator(name: string, of: readonly SparkTree[]): TypedSql {
    const args = of.map(one => this.translate(one))
    const [a = nothing, b = nothing, c = nothing] = args
    switch (name) {
      case 'and':
      case 'or':
        args.forEach(requireBoolean)
        return { sql: `(${a.sql} ${name.toUpperCase()} ${b.sql})`, type: 'boolean' }
      case 'not':
        requireBoolean(a)
        return { sql: `(NOT ${a.sql})`, type: 'boolean' }
      case 'isnull':
        return { sql: `(${a.sql} IS NULL)`, type: 'boolean' }
      case 'between':
        return { sql: `(${compared('>=', a, b)} AND ${compared('<=', a, c)})`, type: 'boolean' }
      case 'in': {
        const [first = nothing, ...rest] = comparable('IN', args)
        return { sql: `(${first.sql} IN (${rest.map(x => x.sql).join(', ')}))`, type: 'boolean' }
      }
      case 'like':
        if (a.type !== 'string' || b.literal === undefined || b.type !== 'string')
          throw unsupported('LIKE of other than a text and a pattern that is written out')
        return { sql: `(${a.sql} LIKE ${literal(likePattern(b.literal))} ESCAPE '\\')`, type: 'boolean' }
      case 'rlike':
        return matches([a, b], 'RLIKE')
      case '||':
        if (a.type !== 'string' || b.type !== 'string') throw unsupported('|| of other than strings')
        return { sql: `(${a.sql} || ${b.sql})`, type: 'string' }
      case 'neg':
        if (!isExact(a.type) && !isFloating(a.type)) throw unsupported(`- of a ${typeText(a.type)}`)
        return { sql: `(-${a.sql})`, type: a.type }
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case 'div':
        return arithmeticSql(name, a, b)
      case '&':
      case '|': {
        if (!isInteger(a.type) || !isInteger(b.type)) throw unsupported(`${name} of other than integers`)
        const type = sharedType(name, [a, b])
        return { sql: `(${as(a, type)} ${name} ${as(b, type)})`, type }
      }
      default:
        if (symbols[name] === undefined) throw unsupported(`the operator ${name}`)
        return { sql: `(${compared(name, a, b)})`, type: 'boolean' }
    }
  }
}

const nothing: TypedSql = { sql: 'NULL', type: 'void' }

function compared(operator: string, a: TypedSql, b: TypedSql): string {
  const [x = nothing, y = nothing] = comparable(operator, [a, b])
  return `${x.sql} ${symbols[operator] ?? operator} ${y.sql}`
}

/** Values brought to one type that has an order. */
function comparable(what: string, args: readonly TypedSql[]): readonly TypedSql[] {
  const days = args.some(({ type }) => type === 'date')
  const values = args.map(x =>
    days && x.type === 'string' && x.literal !== undefined ? typedLiteral('DATE', x.literal) : x,
  )
  const type = sharedType(what, values)
  if (typeof type === 'object' && !isDecimal(type)) throw unsupported(`${what} of ${typeText(type)}`)
  return values.map(x => ({ sql: as(x, type), type }))
}
