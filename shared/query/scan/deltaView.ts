import { type ColumnLayout, columnLayout, hasChars, type Predicate } from '../../delta/index.js'
import { containsType, isStruct, isVariant, type StructField } from '../../types/index.js'
import { type DuckDbSession, identifier, parquetFiles, sqlType } from '../duckdb/index.js'
import { deletedRows } from './deletedRows.js'
import type { FileCache } from './fileCache.js'
import { FileReading, listed } from './fileReading.js'
import type { LocalFile } from './localFile.js'
import type { FetchCounts, FileNeed } from './narrowing.js'
import { normalizedCopy, normalizedCopySql } from './normalizedCopy.js'
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
    const parts = await selects(session, cache, source, fields, held)
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

async function selects(
  session: DuckDbSession,
  cache: FileCache,
  source: ViewSource,
  fields: readonly StructField[],
  held: Disposable[],
): Promise<readonly string[]> {
  const layout = columnLayout(source.state, { table: source.store.url })
  const needs = await needsOf(source, fields, layout)
  const { localFiles } = await import('./localFiles.js')
  const local = fields.every(field => isFoundByName(field, layout)) ? await localFiles(cache, source, needs, held) : []
  const reading = new FileReading(fields, layout, source.store.url, source.timeZone)
  const direct = await directFiles(session, reading, local)
  const parts: string[] = []
  const whole = direct.filter(({ file }) => file.deletionVector === undefined)
  if (whole.length > 0) parts.push(reading.select(whole))
  const partly = direct.filter(({ file }) => file.deletionVector !== undefined)
  if (partly.length > 0) {
    const deleted = await deletedRows(session, cache, source, partly)
    held.push(deleted)
    parts.push(reading.select(partly, deleted))
  }
  const read = new Set(direct.map(({ file }) => file))
  const copies: string[] = []
  for (const { file, groups } of needs) {
    if (read.has(file)) continue
    const copy = await normalizedCopy(cache, source.store, file, { ...source, fields, groups })
    held.push(copy)
    copies.push(...copy.paths)
  }
  if (copies.length > 0) parts.push(`SELECT ${listed(normalizedCopySql(fields))} FROM ${parquetFiles(copies)}`)
  return parts
}

/** The files with rows that are needed, and what of them is. */
async function needsOf(
  source: ViewSource,
  fields: readonly StructField[],
  layout: ColumnLayout,
): Promise<readonly FileNeed[]> {
  const { narrowing } = source
  if (narrowing === undefined || source.store.localPath !== undefined)
    return source.files.map(file => ({ file, rows: 0 }))
  const { fileNeeds } = await import('./fileNeeds.js')
  return (await fileNeeds({ ...source, narrowing }, fields, layout)).filter(({ groups }) => groups?.length !== 0)
}

/** Those of the files in which DuckDB finds what the table has. */
async function directFiles(
  session: DuckDbSession,
  reading: FileReading,
  files: readonly LocalFile[],
): Promise<readonly LocalFile[]> {
  if (files.length === 0 || (await reading.fits(session, files))) return files
  if (files.length === 1) return []
  const middle = files.length >> 1
  return [
    ...(await directFiles(session, reading, files.slice(0, middle))),
    ...(await directFiles(session, reading, files.slice(middle))),
  ]
}

/**
 * A relation without rows that has the columns.
 *
 * @param source what follows the list of columns: a FROM without rows, or nothing but the condition
 */
export function emptySelect(fields: readonly StructField[], source = 'WHERE false'): string {
  const columns = fields.map(f => `CAST(NULL AS ${sqlType(f.type)}) AS ${identifier(f.name)}`)
  return `SELECT ${listed(columns)} ${source}`
}

/**
 * Whether a name is enough to find the column: not when it is matched by id, when nested fields have other names, or
 * when values are longer than they are stored.
 */
function isFoundByName(field: StructField, { match }: ColumnLayout): boolean {
  const { type } = field
  if (match === 'id' || containsType(type, isVariant) || hasChars(field)) return false
  return match === 'name' || !containsType(type, isStruct)
}
