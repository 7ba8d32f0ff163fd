import { isJsonObject, type Json, type JsonObject, parseJson } from '../delta/json.js'
import type { DuckDbSession } from './duckdbSession.js'
import { literal } from './sqlText.js'
import { nodesIn } from './sqlTree.js'

/** A table as a query names it; the schema is empty when the query leaves it out. Lower case. */
export interface NamedTable {
  readonly schema: string
  readonly table: string
}

/**
 * The tables that a query names, by DuckDB's own parser; names of its common table expressions are among them. Undefined
 * when the statement is not one the parser takes apart (PIVOT, EXPLAIN, CREATE …, or an error): it may name any.
 */
export async function namedTables(session: DuckDbSession, sql: string): Promise<readonly NamedTable[] | undefined> {
  const { tree } = await session.row(`SELECT CAST(json_serialize_sql(${literal(sql)}) AS VARCHAR) AS tree`)
  const json = parseJson(tree as string)
  if (!isJsonObject(json) || json['error'] !== false) return undefined
  const found = new Map<string, NamedTable>()
  for (const node of nodesIn(json)) {
    if (seesAll(node)) return undefined
    if (node['type'] !== 'BASE_TABLE') continue
    const name = { schema: text(node['schema_name']), table: text(node['table_name']) }
    found.set(`${name.schema}.${name.table}`, name)
  }
  return [...found.values()]
}

/** SHOW TABLES, and what looks into DuckDB's own catalog. */
function seesAll(node: JsonObject): boolean {
  if (node['type'] === 'SHOW_REF') return (node['query'] ?? null) === null
  if (node['type'] === 'BASE_TABLE') return text(node['schema_name']) === 'information_schema'
  return node['class'] === 'FUNCTION' && /^(duckdb|pragma)_/.test(text(node['function_name']))
}

const text = (json: Json | undefined) => (typeof json === 'string' ? json.toLowerCase() : '')
