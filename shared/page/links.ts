import type { PageRequest } from './pageData.js'

/** The address of the page with other parameters; what is not named stays as it is. */
export function linkTo({ request }: { readonly request: PageRequest }, to: Partial<PageRequest>, anchor = ''): string {
  const { range, sql, code } = { ...request, sql: undefined, ...to }
  const parameters = new URLSearchParams({
    range,
    ...(sql === undefined ? {} : { sql }),
    ...(code === undefined ? {} : { code }),
  })
  return `?${parameters.toString()}${anchor === '' ? '' : `#${anchor}`}`
}

/**
 * The address of the newest rows of `monitor_logs` about a table: `run_time` and some columns.
 *
 * @param options since, milliseconds; most rows
 */
export function monitorRows(
  data: { readonly request: PageRequest },
  table: string,
  columns: string,
  { since, most = 100 }: { readonly since?: number; readonly most?: number } = {},
): string {
  const from = since === undefined ? '' : ` AND run_time >= TIMESTAMP '${new Date(since).toISOString()}'`
  const sql = `SELECT run_time, ${columns} FROM monitor_logs WHERE table_name = ${quotedText(table)}${from} ORDER BY run_time DESC LIMIT ${most}`
  return linkTo(data, { sql }, 'sql')
}

/** Where a form is sent to: a path beside the page's. */
export function actionOf({ request: { code } }: { readonly request: PageRequest }, path: string): string {
  return code === undefined ? path : `${path}?${new URLSearchParams({ code }).toString()}`
}

/** A name in SQL, each part in quotes where it needs them. */
export function quotedName(name: string): string {
  return name
    .split('.')
    .map(part => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.')
}

/** A text literal of SQL. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
