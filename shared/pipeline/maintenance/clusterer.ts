import { type AddFile, discard } from '../../delta/index.js'
import { hilbertIndex, type RewriteJob, type Rewriter } from '../../delta/maintenance/index.js'
import {
  DuckDbSession,
  type FileCache,
  identifier,
  literal,
  QueryError,
  type SessionOptions,
  sqlType,
} from '../../query/index.js'
import { type DataType, typeAt } from '../../types/index.js'
import type { FileLayout } from '../incremental/index.js'
import type { SortingSessions } from '../lake/index.js'
import { type SortableRows, sortableRows } from './sortableRows.js'

/** Rows that say where a column's values lie. */
const sampleRows = 16_384
/** Bits of all axes together: so many cells the curve has at most. */
const curveBits = 16
const maxBits = 8

/**
 * Sorts rows along a Hilbert curve through the clustering columns, so that a file has a narrow range of each of them.
 * DuckDB sorts, and spills what does not fit into its memory; files go through the local disk. Where rows are so long that
 * too few of them fit, it begins again with the next of the sessions.
 *
 * @param layout of the files; DuckDB's own when absent
 */
export function duckDbClusterer(files: FileCache, sessions: SortingSessions, layout: FileLayout = {}): Rewriter {
  const rewrite = async (job: RewriteJob, [session, next, ...more]: SortingSessions): Promise<readonly AddFile[]> => {
    try {
      return await cluster(files, session, job, layout)
    } catch (error) {
      if (next === undefined || !isOutOfMemory(error)) throw error
    }
    return rewrite(job, [next, ...more])
  }
  return { accepts: () => true, rewrite: job => rewrite(job, sessions) }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof QueryError && error.code === 'QUERY_OUT_OF_MEMORY'
}

async function cluster(
  files: FileCache,
  options: SessionOptions,
  job: RewriteJob,
  layout: FileLayout,
): Promise<readonly AddFile[]> {
  await using session = await DuckDbSession.open(options)
  const sortable = sortableRows(session, files, job, layout)
  const columns = job.clusterBy.flatMap(path => clusterColumn(sortable, path) ?? [])
  const parts = Math.max(1, Math.ceil(job.files.reduce((sum, { size }) => sum + size, 0) / job.targetFileSize))
  {
    using view = await sortable.view()
    const place = await curvePlace(session, view.sql, columns)
    const order = [...place, ...columns.map(({ sql }) => `${sql} NULLS FIRST`)]
    const ordered = `SELECT q.* FROM (${view.sql}) AS q${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}`
    if (parts === 1) {
      // Rows that are one file need not be kept to be parted, which takes as much memory again.
      const add = await sortable.makeFile(ordered)
      return add === undefined ? [] : [add]
    }
    await session.run(`CREATE TABLE sorted_rows AS ${ordered}`)
  }
  const { rows } = await session.row('SELECT count(*) AS rows FROM sorted_rows')
  const count = Number(rows)
  const adds: AddFile[] = []
  try {
    for (let part = 0; part < parts; part++) {
      const [start, end] = [part, part + 1].map(i => Math.floor((count * i) / parts))
      const add = await sortable.makeFile(
        `SELECT * FROM sorted_rows WHERE rowid >= ${String(start)} AND rowid < ${String(end)}`,
      )
      if (add !== undefined) adds.push(add)
    }
  } catch (error) {
    await discard(job, adds)
    throw error
  }
  return adds
}

interface ClusterColumn {
  readonly sql: string
  readonly type: DataType
}

/** Nothing for a column that data files do not have: a partition column, which has one value in all of a job's rows. */
function clusterColumn(rows: SortableRows, path: readonly string[]): ClusterColumn | undefined {
  const [name, ...inside] = rows.pathOf(path) ?? []
  if (name === undefined) return undefined
  const type = typeAt({ type: 'struct', fields: rows.fields }, [name, ...inside])
  const sql = inside.reduce((outer, part) => `struct_extract(${outer}, ${literal(part)})`, `q.${identifier(name)}`)
  return type === undefined ? undefined : { sql, type }
}

/** An SQL expression for a row's place on the curve; none for a single column, whose own order is better. */
async function curvePlace(
  session: DuckDbSession,
  rows: string,
  columns: readonly ClusterColumn[],
): Promise<readonly string[]> {
  if (columns.length < 2) return []
  const bits = Math.max(1, Math.min(maxBits, Math.floor(curveBits / columns.length)))
  // More axes than bits: the first ones decide.
  const axes = columns.slice(0, curveBits)
  const side = 2 ** bits
  const cells = side ** axes.length
  const places: number[] = new Array<number>(cells)
  for (let key = 0; key < cells; key++) {
    places[key] = hilbertIndex(
      axes.map((_, axis) => (key >> (bits * axis)) & (side - 1)),
      bits,
    )
  }
  await session.run(`SET VARIABLE curve = [${places.join(',')}]`)
  const coordinates: string[] = []
  for (const column of axes) coordinates.push(bucketSql(column, await bounds(session, rows, column, side), 0))
  const key = coordinates.map((coordinate, axis) => `(${coordinate}) * ${2 ** (bits * axis)}`).join(' + ')
  return [`list_extract(getvariable('curve'), (${key}) + 1)`]
}

/** At most `side` − 1 values that cut a column's values into parts of like size, ascending, as SQL. */
async function bounds(
  session: DuckDbSession,
  rows: string,
  { sql, type }: ClusterColumn,
  side: number,
): Promise<string[]> {
  const { rows: sample } = await session.query(`
    SELECT CAST(value AS VARCHAR) AS value FROM (
      SELECT value FROM (SELECT ${sql} AS value FROM (${rows}) AS q) WHERE value IS NOT NULL
      USING SAMPLE reservoir(${sampleRows} ROWS) REPEATABLE (1)
    ) AS sample ORDER BY sample.value`)
  const cuts: string[] = []
  for (let i = 1; i < side; i++) {
    const value = sample[Math.floor((sample.length * i) / side)]?.['value']
    if (typeof value === 'string' && value !== cuts.at(-1) && !value.includes('\u0000')) cuts.push(value)
  }
  return cuts.map(value => `CAST(${literal(value)} AS ${sqlType(type)})`)
}

/** Which part of the bounds a value lies in, found by halving; null lies in the first. */
function bucketSql(column: ClusterColumn, cuts: readonly string[], from: number): string {
  if (cuts.length === 0) return String(from)
  const middle = cuts.length >> 1
  const lower = bucketSql(column, cuts.slice(0, middle), from)
  const upper = bucketSql(column, cuts.slice(middle + 1), from + middle + 1)
  return `CASE WHEN ${column.sql} >= ${cuts[middle] ?? 'NULL'} THEN ${upper} ELSE ${lower} END`
}
