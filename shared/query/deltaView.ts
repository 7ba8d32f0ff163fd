import type { AddFile } from '../delta/actions.js'
import { resolveDataPath } from '../delta/path.js'
import type { TableState } from '../delta/state.js'
import type { DataType, StructField } from '../parquet/dataType.js'
import type { ObjectStore } from '../storage/objectStore.js'
import type { DuckDbSession } from './duckdbSession.js'
import type { FileCache, FileLease, ImmutableFile } from './fileCache.js'
import { QueryError } from './queryError.js'
import { identifier, literal, literalList, sqlType } from './sqlText.js'

/** What a view is made of: a table's state and the files of it that are to be read. */
export interface ViewSource {
  /** The table's own folder. */
  readonly store: ObjectStore
  readonly state: Pick<TableState, 'metadata' | 'schema'>
  readonly files: readonly AddFile[]
  /** Columns wanted, in this order; all of the schema's when absent. */
  readonly columns?: readonly string[] | undefined
}

/** A SELECT over local files; they stay in place until it is released. */
export interface DeltaView extends Disposable {
  /** A complete SELECT without a trailing semicolon, to stand in brackets or behind CREATE VIEW … AS. */
  readonly sql: string
  readonly fields: readonly StructField[]
  release(): void
}

/**
 * Some files of a Delta table as a relation: columns and their exact types from the table's schema, partition values
 * from the log, columns that a file lacks null. Its files are brought to the local disk first.
 *
 * @throws QueryError `QUERY_UNSUPPORTED_TABLE` for deletion vectors and column mapping
 */
export async function openDeltaView(session: DuckDbSession, cache: FileCache, source: ViewSource): Promise<DeltaView> {
  const { state, files } = source
  refuseUnsupported(source)
  const fields = wantedFields(source)
  if (files.length === 0) return view(emptySelect(fields), fields)
  const lease = await leaseFiles(cache, source)
  try {
    const inFile = await fileColumns(session, lease.paths)
    const partitions = new Set(state.metadata.partitionColumns)
    const columns = fields.map(field => columnSql(field, inFile, partitions))
    const from = `read_parquet(${literalList(lease.paths)}, union_by_name = true, hive_partitioning = false, filename = ${literal(fileColumn)})`
    const wanted = fields.filter(field => partitions.has(field.name))
    if (wanted.length === 0) return view(`SELECT ${columns.join(', ')} FROM ${from} AS f`, fields, lease)
    const values = partitionValues(wanted, files, lease.paths)
    const join = `JOIN ${values} ON p.${identifier(fileColumn)} = f.${identifier(fileColumn)}`
    return view(`SELECT ${columns.join(', ')} FROM ${from} AS f ${join}`, fields, lease)
  } catch (error) {
    lease.release()
    throw error
  }
}

/** Not a name that a column of a table would have. */
const fileColumn = '__lake_file'

function view(sql: string, fields: readonly StructField[], lease?: FileLease): DeltaView {
  const release = () => lease?.release()
  return { sql, fields, release, [Symbol.dispose]: release }
}

function refuseUnsupported({ state, files, store }: ViewSource): void {
  const { configuration, name } = state.metadata
  const mode = configuration['delta.columnMapping.mode'] ?? 'none'
  const feature =
    mode !== 'none'
      ? `column mapping (${mode})`
      : files.some(file => file.deletionVector !== undefined)
        ? 'deletion vectors'
        : undefined
  if (feature === undefined) return
  throw new QueryError(
    'QUERY_UNSUPPORTED_TABLE',
    `the table ${name ?? store.url} uses ${feature}, which queries cannot read yet; read it with \`lake read\`, or rewrite it without`,
    { data: { table: store.url, feature } },
  )
}

function wantedFields({ state, columns, store }: ViewSource): readonly StructField[] {
  if (columns === undefined) return state.schema.fields
  return columns.map(name => {
    const field = state.schema.fields.find(f => f.name === name)
    if (field !== undefined) return field
    throw new QueryError('QUERY_BAD_SQL', `the table ${store.url} has no column ${name}`, { data: { table: store.url, column: name } })
  })
}

/** A relation without rows that has the columns. */
export function emptySelect(fields: readonly StructField[]): string {
  const columns = fields.map(f => `CAST(NULL AS ${sqlType(f.type)}) AS ${identifier(f.name)}`)
  return `SELECT ${columns.join(', ')} WHERE false`
}

/** The files where DuckDB can read them, in their order. */
async function leaseFiles(cache: FileCache, { store, files }: ViewSource): Promise<FileLease> {
  const inside: ImmutableFile[] = []
  const places = files.map(file => {
    const path = resolveDataPath(store.url, file.path)
    if (path.kind === 'relative') return inside.push({ path: path.name, size: file.size }) - 1
    if (path.url.startsWith('file:')) return decodeURIComponent(new URL(path.url).pathname)
    throw new QueryError('QUERY_UNSUPPORTED_TABLE', `the table ${store.url} has a file outside its own store, ${path.url}`, {
      data: { table: store.url, file: path.url },
    })
  })
  const lease = await cache.lease(store, inside)
  const paths = places.map(place => (typeof place === 'string' ? place : (lease.paths[place] ?? '')))
  return { ...lease, paths }
}

/** The files' columns by lower-case name: Delta's names differ in more than case. */
async function fileColumns(session: DuckDbSession, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query(
    `SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet(${literalList(paths)}, union_by_name = true, hive_partitioning = false))`,
  )
  return new Map(rows.map(row => row['column_name'] as string).map(name => [name.toLowerCase(), name]))
}

function columnSql(field: StructField, inFile: ReadonlyMap<string, string>, partitions: ReadonlySet<string>): string {
  const name = identifier(field.name)
  if (partitions.has(field.name)) return `p.${name} AS ${name}`
  const column = inFile.get(field.name.toLowerCase())
  return `CAST(${column === undefined ? 'NULL' : `f.${identifier(column)}`} AS ${sqlType(field.type)}) AS ${name}`
}

function partitionValues(columns: readonly StructField[], files: readonly AddFile[], paths: readonly string[]): string {
  const rows = files.map((file, i) => {
    const values = columns.map(c => partitionLiteral(file.partitionValues[c.name], c.type))
    return `(${[literal(paths[i] ?? ''), ...values].join(', ')})`
  })
  const names = [fileColumn, ...columns.map(c => c.name)].map(identifier)
  return `(VALUES ${rows.join(', ')}) AS p(${names.join(', ')})`
}

/** A partition value's text (PROTOCOL.md, "Partition Value Serialization") as SQL; the empty string is null. */
export function partitionLiteral(text: string | null | undefined, type: DataType): string {
  if (text === null || text === undefined || text === '') return `CAST(NULL AS ${sqlType(type)})`
  if (type === 'binary') return `encode(${literal(text)})`
  return `CAST(${literal(text)} AS ${sqlType(type)})`
}
