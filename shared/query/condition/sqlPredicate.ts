import type { Predicate } from '../../delta/index.js'
import type { Json, JsonObject, StructType } from '../../types/index.js'
import { children, type DuckDbSession, isNode, textOf } from '../duckdb/index.js'
import { type Point, pointsOf } from './comparedValue.js'
import { columnOf, type ConditionColumn } from './conditionColumn.js'
import { type Constant, constantsOf } from './conditionTree.js'
import type { ParsedCondition } from './parsedCondition.js'
import { always, type Comparison, comparison, never, prefixed } from './pointPredicate.js'

/** What statistics and partition values can decide of an SQL condition. */
export interface UnderstoodCondition {
  /** True wherever the condition is; undefined when nothing can be decided. */
  readonly predicate: Predicate | undefined
  /** Parts of the condition that the predicate leaves out, as SQL. */
  readonly unknown: readonly string[]
}

/**
 * The predicate in a WHERE condition of DuckDB's SQL. A comparison counts when it is certain that DuckDB compares in
 * the way the predicate does; any other part counts as unknown: left out where it is joined by AND, and with all of its
 * alternatives where it is joined by OR.
 *
 * @example
 * const condition = await parseCondition(session, "day >= '2025-04-01' AND lower(name) = 'x'", schema)
 * const { predicate } = await sqlPredicate(session, condition) // of day alone
 */
export async function sqlPredicate(
  session: DuckDbSession,
  { text, schema, tree }: ParsedCondition,
): Promise<UnderstoodCondition> {
  if (tree === undefined) return { predicate: undefined, unknown: [text] }
  const constants = await constantsOf(session, tree, schema)
  const reading = new ConditionReading(schema, constants)
  const predicate = reading.read(tree.where, false)
  return { predicate, unknown: await tree.textsOf(session, reading.unknown) }
}

const comparisons: Readonly<Record<string, readonly [op: Comparison | '<>', turned: Comparison | '<>']>> = {
  COMPARE_EQUAL: ['=', '='],
  COMPARE_NOTEQUAL: ['<>', '<>'],
  COMPARE_LESSTHAN: ['<', '>'],
  COMPARE_LESSTHANOREQUALTO: ['<=', '>='],
  COMPARE_GREATERTHAN: ['>', '<'],
  COMPARE_GREATERTHANOREQUALTO: ['>=', '<='],
}
const negated: Readonly<Record<Comparison | '<>', Comparison | '<>'>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

class ConditionReading {
  readonly unknown: JsonObject[] = []
  readonly #schema: StructType
  readonly #constants: ReadonlyMap<JsonObject, Constant>

  constructor(schema: StructType, constants: ReadonlyMap<JsonObject, Constant>) {
    this.#schema = schema
    this.#constants = constants
  }

  /** What holds wherever the condition is true, or, when `not`, wherever it is false. Undefined when nothing is known. */
  read(json: Json | undefined, not: boolean): Predicate | undefined {
    if (!isNode(json)) return undefined
    const predicate = this.#joined(json, not)
    if (predicate !== undefined) return predicate.found
    const single = this.#single(json, not)
    if (single === undefined) this.unknown.push(json)
    return single
  }

  /** AND, OR and NOT; undefined for any other. */
  #joined(node: JsonObject, not: boolean): { readonly found: Predicate | undefined } | undefined {
    switch (node['type']) {
      case 'CONJUNCTION_AND':
      case 'CONJUNCTION_OR': {
        const parts = children(node).map(part => this.read(part, not))
        const known = parts.filter(part => part !== undefined)
        if ((node['type'] === 'CONJUNCTION_AND') !== not) {
          return { found: known.length === 0 ? undefined : known.length === 1 ? known[0] : { op: 'and', of: known } }
        }
        return { found: known.length === parts.length ? { op: 'or', of: known } : undefined }
      }
      case 'OPERATOR_NOT':
        return { found: this.read(children(node)[0], !not) }
      default:
        return undefined
    }
  }

  #single(node: JsonObject, not: boolean): Predicate | undefined {
    const constant = this.#constants.get(node)
    if (constant !== undefined)
      return typeof constant.value === 'boolean'
        ? constant.value === not
          ? never
          : always
        : constant.value === null
          ? never
          : undefined
    const flag = columnOf(this.#schema, node)
    if (flag !== undefined) return flag.type === 'boolean' ? { op: '=', column: flag.key, value: !not } : undefined
    switch (node['type']) {
      case 'OPERATOR_IS_NULL':
      case 'OPERATOR_IS_NOT_NULL': {
        const column = columnOf(this.#schema, children(node)[0])
        return (
          column && { op: (node['type'] === 'OPERATOR_IS_NULL') !== not ? 'isNull' : 'isNotNull', column: column.key }
        )
      }
      case 'COMPARE_IN':
      case 'COMPARE_NOT_IN':
        return this.#listed(node, (node['type'] === 'COMPARE_NOT_IN') !== not)
      case 'COMPARE_BETWEEN':
        return this.#between(node, not)
      case 'COMPARE_DISTINCT_FROM':
      case 'COMPARE_NOT_DISTINCT_FROM':
        return this.#same(node, (node['type'] === 'COMPARE_DISTINCT_FROM') !== not)
      case 'FUNCTION':
        return this.#startsWith(node, not)
      default:
        return this.#compared(node, not)
    }
  }

  #compared(node: JsonObject, not: boolean): Predicate | undefined {
    const ops = comparisons[textOf(node['type'])]
    if (ops === undefined) return undefined
    const pair = this.#pair(node)
    if (pair === undefined) return undefined
    const op = ops[pair.turned ? 1 : 0]
    return comparison(pair.column.key, not ? negated[op] : op, pair.point)
  }

  /** IS [NOT] DISTINCT FROM a constant, and IS [NOT] TRUE. */
  #same(node: JsonObject, distinct: boolean): Predicate | undefined {
    const pair = this.#pair(node)
    if (pair === undefined) return undefined
    const { column, point } = pair
    if (point === null) return { op: distinct ? 'isNotNull' : 'isNull', column: column.key }
    const compared = comparison(column.key, distinct ? '<>' : '=', point)
    return distinct ? { op: 'or', of: [{ op: 'isNull', column: column.key }, compared] } : compared
  }

  #pair(
    node: JsonObject,
  ): { readonly column: ConditionColumn; readonly point: Point | null; readonly turned: boolean } | undefined {
    for (const [side, other, turned] of [
      ['left', 'right', false],
      ['right', 'left', true],
    ] as const) {
      const column = columnOf(this.#schema, withoutIdleCast(node[side]))
      const constant = this.#constant(node[other])
      if (column === undefined || constant === undefined) continue
      const points = pointsOf(column.type, [constant])
      return points && { column, point: points[0] ?? null, turned }
    }
    return undefined
  }

  #listed(node: JsonObject, not: boolean): Predicate | undefined {
    const [first, ...rest] = children(node)
    const column = columnOf(this.#schema, first)
    const constants = rest.map(item => this.#constant(item)).filter(item => item !== undefined)
    if (column === undefined || constants.length < rest.length) return undefined
    const points = pointsOf(column.type, constants)
    if (points === undefined) return undefined
    // What no value of the column equals is not worth comparing; a null makes NOT IN true for nothing.
    const values = points.flatMap(point => (point === null || !point.exact ? [] : [point.value]))
    if (!not) return { op: 'in', column: column.key, values }
    if (points.includes(null)) return never
    return values.length === 0
      ? { op: 'isNotNull', column: column.key }
      : { op: 'not', of: { op: 'in', column: column.key, values } }
  }

  #between(node: JsonObject, not: boolean): Predicate | undefined {
    const column = columnOf(this.#schema, node['input'])
    const bounds = [this.#constant(node['lower']), this.#constant(node['upper'])].filter(bound => bound !== undefined)
    if (column === undefined || bounds.length < 2) return undefined
    const [low, high] = pointsOf(column.type, bounds) ?? []
    if (low === undefined || high === undefined) return undefined
    return not
      ? { op: 'or', of: [comparison(column.key, '<', low), comparison(column.key, '>', high)] }
      : { op: 'and', of: [comparison(column.key, '>=', low), comparison(column.key, '<=', high)] }
  }

  /** LIKE with a pattern that begins with text, and the functions that do the same. */
  #startsWith(node: JsonObject, not: boolean): Predicate | undefined {
    const name = textOf(node['function_name'])
    const [first, second] = children(node)
    const column = columnOf(this.#schema, first)
    const constant = this.#constant(second)
    if (column?.type !== 'string' || typeof constant?.value !== 'string') return undefined
    const { value } = constant
    if (name === '~~' || name === '!~~') {
      const wildcard = value.search(/[%_\\]/)
      if (wildcard < 0) return comparison(column.key, (name === '!~~') === not ? '=' : '<>', { value, exact: true })
      return (name === '!~~') === not ? prefixed(column.key, value.slice(0, wildcard)) : undefined
    }
    return !not && (name === 'starts_with' || name === 'prefix' || name === '^@')
      ? prefixed(column.key, value)
      : undefined
  }

  #constant(json: Json | undefined): Constant | undefined {
    return isNode(json) ? this.#constants.get(json) : undefined
  }
}

/** IS TRUE casts what is a boolean already. */
function withoutIdleCast(json: Json | undefined): Json | undefined {
  if (!isNode(json) || json['type'] !== 'OPERATOR_CAST') return json
  const to = json['cast_type']
  return isNode(to) && to['id'] === 'BOOLEAN' && isBooleanColumnCast(json) ? json['child'] : json
}

function isBooleanColumnCast(json: JsonObject): boolean {
  return isNode(json['child']) && json['child']['type'] === 'COLUMN_REF'
}
