import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import { children, type DuckDbSession, isNode, nodesIn, syntaxTree, textOf, textsOf } from '../duckdb/index.js'

/** How far a statement's plan says what it will read. */
export interface StatementShape {
  /** Whether it is one SELECT whose plan does not depend on what the tables hold. */
  readonly isPlannable: boolean
  /** Whether a row that does not count while it is planned does not count either when it runs, a little later. */
  readonly isSteady: boolean
}

/** The shape of a statement as DuckDB's parser has it; any other than a SELECT has none of this. */
export async function statementShape(session: DuckDbSession, sql: string): Promise<StatementShape> {
  const json = parseJson(await syntaxTree(session, sql))
  const statements = isJsonObject(json) && json['error'] === false ? json['statements'] : undefined
  if (!isJsonArray(statements) || statements.length !== 1) return { isPlannable: false, isSteady: false }
  const nodes = [...nodesIn(statements)]
  // A PIVOT without a list of values looks for them.
  const isPlannable = !nodes.some(node => node['type'] === 'PIVOT')
  const since = new Set(nodes.flatMap(node => [...sinceClock(node['where_clause'])]))
  return { isPlannable, isSteady: nodes.every(node => !readsClock(node) || since.has(node)) }
}

const clocks: ReadonlySet<string> = new Set([
  'now',
  'today',
  'age',
  'current_timestamp',
  'current_time',
  'current_date',
  'current_localtime',
  'current_localtimestamp',
  'localtime',
  'localtimestamp',
  'get_current_timestamp',
  'get_current_time',
  'transaction_timestamp',
])

function readsClock(node: JsonObject): boolean {
  if (node['type'] === 'COLUMN_REF') {
    const names = textsOf(node['column_names'])
    return names.length === 1 && clocks.has((names[0] ?? '').toLowerCase())
  }
  return clocks.has(textOf(node['function_name']).toLowerCase())
}

/**
 * The clocks of a condition in `x > now() - INTERVAL …` and the like, joined by AND and OR: what does not fulfil that now
 * does not later either.
 */
function* sinceClock(condition: Json | undefined): Generator<JsonObject> {
  if (!isNode(condition)) return
  switch (condition['type']) {
    case 'CONJUNCTION_AND':
    case 'CONJUNCTION_OR':
      for (const part of children(condition)) yield* sinceClock(part)
      return
    case 'COMPARE_GREATERTHAN':
    case 'COMPARE_GREATERTHANOREQUALTO':
      yield* clockIn(condition['right'])
      return
    case 'COMPARE_LESSTHAN':
    case 'COMPARE_LESSTHANOREQUALTO':
      yield* clockIn(condition['left'])
      return
    default:
  }
}

/** The clock of an expression that is nothing but it, with an interval added or taken away. */
function* clockIn(json: Json | undefined): Generator<JsonObject> {
  if (!isNode(json)) return
  if (readsClock(json)) {
    if (children(json).length === 0) yield json
    return
  }
  const [first, second, ...more] = children(json)
  const name = textOf(json['function_name'])
  if ((name !== '-' && name !== '+') || more.length > 0 || !isInterval(second)) return
  yield* clockIn(first)
}

/** An interval as the parser has it: a cast of a constant, or `to_hours(…)` of one. */
function isInterval(json: Json | undefined): boolean {
  if (!isNode(json)) return false
  const nodes = [...nodesIn(json)]
  const isNamed = /^to_(?:years|quarters|months|weeks|days|hours|minutes|seconds|milliseconds|microseconds)$/.test(
    textOf(json['function_name']),
  )
  const cast = json['cast_type']
  const isCast = json['class'] === 'CAST' && isNode(cast) && cast['id'] === 'INTERVAL'
  return (isNamed || isCast) && nodes.every(node => node['class'] !== 'COLUMN_REF' && !readsClock(node))
}
