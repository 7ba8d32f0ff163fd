import type { Predicate } from '../../delta/index.js'
import type { StructField } from '../../types/index.js'
import { type DuckDbSession, identifier, selectList, sqlType } from '../duckdb/index.js'
import type { FileCache } from './fileCache.js'
import type { FetchCounts } from './narrowing.js'
import { type ViewSource, wantedFields } from './viewSource.js'

/** A SELECT over local files; they stay in place until it is released. */
export interface DeltaView extends Disposable {
  /** A complete SELECT without a trailing semicolon, to be put in brackets or after CREATE VIEW … AS. */
  readonly sql: string
  readonly fields: readonly StructField[]
  release(): void
}

/**
 * Some files of a Delta table as a relation: columns and their exact types from the table's schema, partition values
 * from the log, columns that a file lacks null, deleted rows left out. Its files, or what is needed of them, are brought to
 * the local disk first.
 *
 * DuckDB reads the files themselves where it finds in them exactly what the table has. What it cannot read so, as
 * nested columns under other names, variants or types that it would read otherwise, this project's own reader puts into
 * a {@link normalizedCopy}.
 *
 * @throws QueryError `QUERY_FILE_MISSING`, `QUERY_CACHE_TOO_SMALL`; DeltaError as the reader does
 */
export async function openDeltaView(session: DuckDbSession, cache: FileCache, source: ViewSource): Promise<DeltaView> {
  const fields = wantedFields(source)
  const held: Disposable[] = []
  const release = () => {
    for (const lease of held.splice(0)) lease[Symbol.dispose]()
  }
  try {
    // What brings files to the disk and reads them is loaded by the first view, not before functions are listed.
    const { viewParts } = await import('./viewParts.js')
    const parts = await viewParts(session, cache, source, fields, held)
    const sql = parts.length === 0 ? emptySelect(fields) : parts.join(' UNION ALL ')
    return { sql, fields, release, [Symbol.dispose]: release }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * How much of its files a view of the source would fetch, were they on blob storage: their footers are read. Without a
 * predicate, that is what reading them row group by row group does, too.
 */
export async function countFetched(source: ViewSource, predicate?: Predicate): Promise<FetchCounts> {
  const { countNeeds } = await import('./fileNeeds.js')
  return countNeeds(source, predicate)
}

/**
 * A relation without rows that has the columns.
 *
 * @param source what follows the list of columns: a FROM without rows, or nothing but the condition
 */
export function emptySelect(fields: readonly StructField[], source = 'WHERE false'): string {
  const columns = fields.map(f => `CAST(NULL AS ${sqlType(f.type)}) AS ${identifier(f.name)}`)
  return `SELECT ${selectList(columns)} ${source}`
}
