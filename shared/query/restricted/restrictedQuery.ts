import type { Stream } from '../../contract/index.js'
import type { DeltaTable } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { isUnread, LakeCatalog } from '../catalog/index.js'
import { DuckDbSession, QueryError, syntaxTree } from '../duckdb/index.js'
import { FileCache } from '../scan/index.js'
import { checkTree, type NamedTable } from './restrictedTree.js'

/** What a query may use up. */
export interface RestrictedLimits {
  /** Milliseconds from start to end. */
  readonly timeMs: number
  /** Bytes that DuckDB may hold. */
  readonly memoryBytes: number
  /** Bytes of files that may be fetched for it. */
  readonly fetchedBytes: number
  readonly rows: number
  /** Characters of a value; of longer ones the beginning is given. */
  readonly characters: number
}

/** The lake that is asked. */
export interface RestrictedLake {
  readonly streams: readonly Stream[]
  /** The table in a folder of the lake. */
  readonly table: (path: string) => DeltaTable
  /** Where fetched and spilled data goes; the system's when absent. */
  readonly temporaryFolder?: string | undefined
}

/** Rows as texts, `null` for NULL; or why there are none. */
export type RestrictedAnswer =
  | {
      readonly kind: 'rows'
      readonly columns: readonly string[]
      readonly rows: readonly (readonly (string | null)[])[]
      readonly isCut: boolean
    }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Answers one SELECT over the lake's tables, for whoever asks: in a DuckDB of its own that reaches the files of the tables
 * named and nothing else, with functions that are known to be harmless, within limits. What is wrong with the query is an
 * answer.
 */
export async function restrictedQuery(
  lake: RestrictedLake,
  sql: string,
  limits: RestrictedLimits,
): Promise<RestrictedAnswer> {
  let session: DuckDbSession | undefined
  let isLate = false
  const attempt = async (whole: boolean) => {
    const paths: string[] = []
    await using cache = new FileCache({
      limitBytes: limits.fetchedBytes,
      temporaryFolder: lake.temporaryFolder,
      onPaths: more => paths.push(...more),
    })
    await using own = await DuckDbSession.open({
      memoryLimit: limits.memoryBytes,
      temporaryLimit: limits.fetchedBytes,
      threads: 2,
      temporaryFolder: lake.temporaryFolder,
    })
    session = own
    return await answer(lake, { session: own, cache, paths }, sql, limits, whole)
  }
  // What does not let itself be interrupted is closed once it has ended, and not waited for.
  const work = attempt(false)
    .catch((thrown: unknown) => {
      if (isLate || !isUnread(thrown)) throw thrown
      return attempt(true)
    })
    .catch((thrown: unknown): RestrictedAnswer => refused(reasonOf(thrown)))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<RestrictedAnswer>(resolve => {
    timer = setTimeout(() => {
      isLate = true
      session?.interrupt()
      resolve(
        refused(
          `It takes longer than ${String(limits.timeMs / 1000)} s; ask for less, or run it with \`npx lake sql\`.`,
        ),
      )
    }, limits.timeMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What one query runs in, and the only files it may read. */
interface QueryRoom {
  readonly session: DuckDbSession
  readonly cache: FileCache
  readonly paths: readonly string[]
}

async function answer(
  lake: RestrictedLake,
  { session, cache, paths }: QueryRoom,
  sql: string,
  limits: RestrictedLimits,
  whole: boolean,
): Promise<RestrictedAnswer> {
  // No literal can hold U+0000, at which the parser takes a statement to end.
  if (sql.includes('\0')) return refused('It has a character U+0000 in it.')
  const check = checkTree(await syntaxTree(session, sql))
  if (check.kind === 'refused') return check
  const { streams, table } = lake
  using catalog = new LakeCatalog({ session, cache, streams, table, fetchLimit: limits.fetchedBytes })
  const prepared = await catalog.named(sql.trim().replace(/;$/, ''))
  const unknown = check.tables.find(table => !isOpened(table, prepared.opened, catalog.names))
  if (unknown !== undefined)
    return refused(
      `There is no table ${unknown.join('.')} here. Those of the streams are: ${catalog.names.join(', ')}.`,
    )
  // Planned while files can still be reached: by then every name in it is a table's, or one that cannot be a file's.
  await catalog.open(prepared, whole)
  await session.lock(paths, sql)
  const columns = (await session.columnsOf(`${prepared.sql}\n`)).map(({ name }) => name)
  const text = `SELECT left(CAST(COLUMNS(*) AS VARCHAR), ${String(limits.characters)}) FROM (${prepared.sql}\n) LIMIT ${String(limits.rows + 1)}`
  const { fields, batches } = await session.stream(text)
  const rows: (string | null)[][] = []
  for await (const batch of batches)
    for (const row of batch) rows.push(fields.map(({ name }) => (typeof row[name] === 'string' ? row[name] : null)))
  return { kind: 'rows', columns, rows: rows.slice(0, limits.rows), isCut: rows.length > limits.rows }
}

/** Opened, or a table of a stream that does not exist yet: DuckDB says so itself. Time travel has opened its own. */
function isOpened(table: NamedTable, opened: readonly string[], names: readonly string[]): boolean {
  const asked = table.join('.').toLowerCase()
  return [...opened, ...names].some(name => {
    const known = name.toLowerCase()
    return known === asked || (table.length === 1 && known.split('.').at(-1) === asked)
  })
}

function reasonOf(thrown: unknown): string {
  const error = asError(thrown)
  if (!(error instanceof QueryError)) return error.message
  return error.message.split('\n\nLINE ')[0] ?? error.message
}

function refused(reason: string): RestrictedAnswer {
  return { kind: 'refused', reason }
}
