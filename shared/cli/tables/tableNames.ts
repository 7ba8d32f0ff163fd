import { quarantineName, sqlName, type Stream, tablesOf } from '../../contract/index.js'
import { rootTables } from '../../query/catalog/index.js'

/** What `<table>` means on the command line. */
export type TableReference =
  /** A table, or a view over tables, of the lake, by its SQL name. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'view'; readonly name: string; readonly stream: Stream }
  /** A folder of this machine, as the user wrote it. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }

/**
 * What the user means by that text: a URL by its scheme, a path by its separators, else a name, whatever its case. A
 * name that the lake does not know stays as it is; nothing is looked up in storage.
 */
export function parseTableReference(text: string, streams: readonly Stream[]): TableReference {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) || text.startsWith('file:')) return { kind: 'url', url: text }
  if (/[/\\]/.test(text) || text === '.' || text === '..') return { kind: 'path', path: text }
  const name = text.toLowerCase()
  const stream = streams.find(s => quarantineName(s).toLowerCase() === name)
  if (stream !== undefined) return { kind: 'view', name: quarantineName(stream), stream }
  return { kind: 'name', name: lakeTableNames(streams).find(known => known.toLowerCase() === name) ?? text }
}

/** SQL names of all tables that the lake can have; they need not exist. Views are not among them. */
export function lakeTableNames(streams: readonly Stream[]): readonly string[] {
  return [...streams.flatMap(stream => tablesOf(stream).map(sqlName)), ...rootTables]
}
