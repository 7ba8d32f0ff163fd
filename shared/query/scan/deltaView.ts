import {
  type AddFile,
  type ColumnLayout,
  columnLayout,
  hasChars,
  locateData,
  type OpenFolder,
  type TableState,
} from '../../delta/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { containsType, isStruct, isVariant, type StructField } from '../../types/index.js'
import { type DuckDbSession, identifier, parquetFiles, QueryError, sqlType } from '../duckdb/index.js'
import { deletedRows } from './deletedRows.js'
import type { FileCache } from './fileCache.js'
import { FileReading, type LocalFile } from './fileReading.js'
import type { ImmutableFile } from './immutableFile.js'
import { normalizedCopy, normalizedCopySql } from './normalizedCopy.js'

/** What a view is built from: a table's state and the files of it that are to be read. */
export interface ViewSource {
  /** The table's own folder. */
  readonly store: ObjectStore
  readonly state: Pick<TableState, 'metadata' | 'schema'>
  readonly files: readonly AddFile[]
  /** Columns wanted, in this order; all of the schema's when absent. */
  readonly columns?: readonly string[] | undefined
  /** For files outside the table's folder. */
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset, which old writers left; UTC when absent. */
  readonly timeZone?: string | undefined
}

/** A SELECT over local files; they stay in place until it is released. */
export interface DeltaView extends Disposable {
  /** A complete SELECT without a trailing semicolon, to be put in brackets or after CREATE VIEW … AS. */
  readonly sql: string
  readonly fields: readonly StructField[]
  release(): void
}

/**
 * Some files of a Delta table as a relation: columns and their exact types from the table's schema, partition values
 * from the log, columns that a file lacks null, deleted rows left out. Its files are brought to the local disk first.
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

async function selects(
  session: DuckDbSession,
  cache: FileCache,
  source: ViewSource,
  fields: readonly StructField[],
  held: Disposable[],
): Promise<readonly string[]> {
  const layout = columnLayout(source.state, { table: source.store.url })
  const local = await leaseFiles(cache, source, fields, layout, held)
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
  for (const file of source.files) {
    if (read.has(file)) continue
    const copy = await normalizedCopy(cache, source.store, file, { ...source, fields })
    held.push(copy)
    copies.push(...copy.paths)
  }
  if (copies.length > 0) parts.push(`SELECT ${normalizedCopySql(fields).join(', ')} FROM ${parquetFiles(copies)}`)
  return parts
}

/** The files, in their order; none when DuckDB could not read any of them. */
async function leaseFiles(
  cache: FileCache,
  { store, files, openFolder }: ViewSource,
  fields: readonly StructField[],
  layout: ColumnLayout,
  held: Disposable[],
): Promise<readonly LocalFile[]> {
  if (!fields.every(field => isFoundByName(field, layout))) return []
  const objects = await Promise.all(files.map(file => locateData(store, file.path, { openFolder })))
  const paths = new Array<string>(files.length).fill('')
  for (const folder of new Set(objects.map(object => object.store))) {
    const places = objects.flatMap((object, i) => (object.store === folder ? [i] : []))
    const wanted = places.map((i): ImmutableFile => ({ path: objects[i]?.path ?? '', size: files[i]?.size ?? 0 }))
    const lease = await cache.lease(folder, wanted)
    held.push(lease)
    places.forEach((place, i) => (paths[place] = lease.paths[i] ?? ''))
  }
  return files.map((file, i) => ({ file, path: paths[i] ?? '' }))
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

function wantedFields({ state, columns, store }: ViewSource): readonly StructField[] {
  if (columns === undefined) return state.schema.fields
  return columns.map(name => {
    const field = state.schema.fields.find(f => f.name === name)
    if (field !== undefined) return field
    throw new QueryError('QUERY_BAD_SQL', `the table ${store.url} has no column ${name}`, {
      data: { table: store.url, column: name },
    })
  })
}

/** A relation without rows that has the columns. */
export function emptySelect(fields: readonly StructField[]): string {
  const columns = fields.map(f => `CAST(NULL AS ${sqlType(f.type)}) AS ${identifier(f.name)}`)
  return `SELECT ${columns.join(', ')} WHERE false`
}
