import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import { children, type DuckDbSession, nodesIn, QueryError, syntaxTree, textOf } from '../duckdb/index.js'

/** The state of a table that a query asks for: a version, or a time as text. */
export type TimeTravel = { readonly version: number } | { readonly timestamp: string }

interface Asked {
  /** Empty when the query gives none. */
  readonly alias: string
  /** Byte of the statement where it begins; undefined when the parser does not give it. */
  readonly location: number | undefined
  readonly at: TimeTravel | undefined
}

/** A table as a query names it. */
export interface TableReference extends Asked {
  readonly kind: 'name'
  /** As typed, the outermost first: `bronze`, `events`. */
  readonly parts: readonly string[]
}

/** `delta('path or URL', version => 3)` in a FROM clause. */
export interface DeltaCall extends Asked {
  readonly kind: 'call'
  readonly place: string
}

/** A table that a query reads, by its name or by its place. */
export type Reference = TableReference | DeltaCall

/**
 * The tables that a query reads, by DuckDB's own parser, once per place; names of its common table expressions are
 * among them. Undefined when the parser gives no tree for the statement (PIVOT, EXPLAIN, CREATE …), or when it lists all
 * tables: it may name any. None of a statement that is none: to say so, no table need be there.
 *
 * @throws QueryError QUERY_BAD_SQL for a version or time that is none
 */
export async function referencesIn(session: DuckDbSession, sql: string): Promise<readonly Reference[] | undefined> {
  const json = parseJson(await syntaxTree(session, sql))
  if (!isJsonObject(json)) return undefined
  if (json['error'] !== false) return json['error_type'] === 'parser' ? [] : undefined
  const found: Reference[] = []
  for (const node of nodesIn(json)) {
    if (seesAll(node)) return undefined
    if (node['type'] === 'BASE_TABLE') found.push(tableReference(node))
    else if (node['type'] === 'TABLE_FUNCTION') found.push(...deltaCall(node))
  }
  return found
}

function tableReference(node: JsonObject): TableReference {
  const parts = ['catalog_name', 'schema_name', 'table_name'].map(key => textOf(node[key])).filter(part => part !== '')
  return {
    kind: 'name',
    parts,
    alias: textOf(node['alias']),
    location: locationOf(node),
    at: timeTravelOf(node['at_clause']),
  }
}

function deltaCall(node: JsonObject): readonly DeltaCall[] {
  const call = node['function']
  if (!isJsonObject(call) || textOf(call['function_name']).toLowerCase() !== 'delta' || textOf(call['schema']) !== '')
    return []
  const [first, ...named] = children(call).filter(isJsonObject)
  const place = constantOf(first)
  if (typeof place !== 'string' || place === '')
    throw badSql("delta() takes a table's path or URL as text: delta('folder/table').")
  let moment: TimeTravel | undefined
  for (const argument of named) {
    const name = textOf(argument['alias']).toLowerCase()
    if (name !== 'version' && name !== 'timestamp')
      throw badSql(
        `delta() has no argument ${name === '' ? 'besides the first without a name' : name}; it takes version => N or "timestamp" => 'time'.`,
      )
    if (moment !== undefined) throw badSql('delta() takes a version or a timestamp, not both.')
    moment = timeTravelFrom(name, argument)
  }
  return [{ kind: 'call', place, alias: textOf(node['alias']), location: locationOf(node), at: moment }]
}

function timeTravelOf(clause: Json | undefined): TimeTravel | undefined {
  if (!isJsonObject(clause) || !isJsonObject(clause['expr'])) return undefined
  return timeTravelFrom(textOf(clause['unit']).toLowerCase(), clause['expr'])
}

function timeTravelFrom(unit: string, expression: JsonObject): TimeTravel {
  const value = constantOf(expression)
  if (unit === 'version') {
    const version = Number(value)
    if (value !== undefined && value !== '' && Number.isSafeInteger(version) && version >= 0) return { version }
    throw badSql('A version is a whole number from 0 on: AT (VERSION => 3).')
  }
  if (typeof value === 'string') return { timestamp: value }
  throw badSql("A time is a text: AT (TIMESTAMP => '2025-04-01 12:00:00').")
}

/** The value of a constant, or of one that is cast. */
function constantOf(node: JsonObject | undefined): string | number | bigint | undefined {
  if (node?.['class'] === 'CAST' && isJsonObject(node['child'])) return constantOf(node['child'])
  const value = isJsonObject(node?.['value']) ? node['value']['value'] : undefined
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? value : undefined
}

function locationOf(node: JsonObject): number | undefined {
  const location = node['query_location']
  return typeof location === 'number' ? location : undefined
}

function badSql(message: string): QueryError {
  return new QueryError('QUERY_BAD_SQL', message)
}

/** SHOW TABLES, and what reads DuckDB's own catalog. */
function seesAll(node: JsonObject): boolean {
  if (node['type'] === 'SHOW_REF') return (node['query'] ?? null) === null
  if (node['type'] === 'BASE_TABLE') return textOf(node['schema_name']).toLowerCase() === 'information_schema'
  return (
    node['class'] === 'FUNCTION' &&
    !isJsonArray(node['function_name']) &&
    /^(duckdb|pragma)_/i.test(textOf(node['function_name']))
  )
}
