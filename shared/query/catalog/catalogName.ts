import { identifier, QueryError } from '../duckdb/index.js'

/** Tables at the lake's root. */
export const rootTables = ['monitor_logs', 'cluster_logs', 'model_runs'] as const

/** A view of the session, by its schema (empty for the session's own) and its name there. */
export interface ViewName {
  readonly schema: string
  readonly table: string
}

/** `a.b.c` is the view `c` of the schema `a/b`: a folder may have a dot in its name, but no slash. */
export function viewOf(parts: readonly string[]): ViewName {
  return { schema: parts.slice(0, -1).join('/'), table: parts.at(-1) ?? '' }
}

/** The view's name in a query. */
export function quoted({ schema, table }: ViewName): string {
  return schema === '' ? identifier(table) : `${identifier(schema)}.${identifier(table)}`
}

/** Whether a query's name means the table: by all its parts, or, where the query leaves the schema out, by the last. */
export function isNamed(name: string, parts: readonly string[]): boolean {
  const known = name.toLowerCase().split('.')
  const asked = parts.map(part => part.toLowerCase())
  if (asked.length === 1) return known.at(-1) === asked[0]
  return asked.join('.') === (known.length > 1 ? known.join('.') : `main.${known[0] ?? ''}`)
}

/** A folder of the lake that may be a table: no step upwards, nothing empty, no log. */
export function isTablePath(path: string): boolean {
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..' && part !== '_delta_log')
}

/** The error for a name that is no table's. */
export function noTable(name: string): QueryError {
  return new QueryError('QUERY_NO_TABLE', `There is no table ${name}. \`lake tables\` lists those of the lake.`)
}
