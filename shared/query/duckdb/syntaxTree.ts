import type { DuckDbSession } from './duckdbSession.js'
import { literal } from './sqlText.js'

/**
 * SQL parsed by DuckDB's own parser, as JSON text; nothing is resolved and nothing runs. What is no SELECT, or not SQL
 * at all, gives a tree whose `error` is true.
 */
export async function syntaxTree(session: DuckDbSession, sql: string): Promise<string> {
  const { tree } = await session.row(`SELECT CAST(json_serialize_sql(${literal(sql)}) AS VARCHAR) AS tree`)
  return tree as string
}
