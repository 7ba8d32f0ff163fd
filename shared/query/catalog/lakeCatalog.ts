import {
  bronzePath,
  bronzeSchema,
  driftPath,
  quarantineName,
  resolvedName,
  resolvedPath,
  scoredPath,
  silverPath,
  sqlName,
  type Stream,
  summaryPath,
} from '../../contract/index.js'
import type { DeltaTable, OpenFolder } from '../../delta/index.js'
import { type DuckDbSession, identifier, QueryError } from '../duckdb/index.js'
import { emptySelect, FetchCounts, type FileCache } from '../scan/index.js'
import { isNamed, isTablePath, noTable, quoted, rootTables, viewOf } from './catalogName.js'
import { CatalogViews, type TablePlan } from './catalogViews.js'
import { quarantineSelect, resolvedFields, resolvedSelect } from './quarantineViews.js'
import { nameChains, removeTimeTravel, rename, replaceCall } from './referenceEdits.js'
import { requestedVersion } from './requestedVersion.js'
import { type Edit, edited, type Token, tokensOf } from './statementText.js'
import { type DeltaCall, referencesIn, type TableReference, type TimeTravel } from './tableReferences.js'

/** The session that a catalog makes its views in, and where it finds the tables. */
export interface LakeCatalogOptions {
  readonly session: DuckDbSession
  readonly cache: FileCache
  readonly streams: readonly Stream[]
  /** The table in a folder of the lake. */
  readonly table: (path: string) => DeltaTable
  /** The table that `delta('…')` names: anywhere. Without it, `delta()` is refused. */
  readonly openPlace?: ((place: string) => Promise<DeltaTable>) | undefined
  /** For files outside a table and its storage account. */
  readonly openFolder?: OpenFolder | undefined
  /** Most bytes of files that may be fetched; any when absent. */
  readonly fetchLimit?: number | undefined
}

/** A statement that the session can run, and the tables that it reads. */
export interface PreparedStatement {
  readonly sql: string
  /** SQL names of the lake's tables that were opened. */
  readonly opened: readonly string[]
}

/** The schema of tables that a query asks for as they were, or by their place; no folder of a lake can have this name. */
const privateSchema = '/'

/**
 * The lake's tables under their SQL names in a session: those of the streams (`bronze.events`,
 * `bronze.events_quarantine`), `monitor_logs` and any other by its path's name (`sales.eu` is the folder `sales/eu`). A
 * table is opened when a statement first names it, at the version it has then, or at the one that the statement asks for:
 * `silver.events AT (VERSION => 3)`, `delta('path or URL', version => 3)`.
 *
 * @example
 * using catalog = new LakeCatalog({ session, cache, streams, table })
 * const { sql } = await catalog.prepare('SELECT * FROM silver.events AT (VERSION => 3)')
 * const { rows } = await session.query(sql)
 */
export class LakeCatalog implements Disposable {
  readonly #options: LakeCatalogOptions
  readonly #opened = new Set<string>()
  readonly #tables = new Set<string>()
  readonly #views: CatalogViews
  #places = 0

  constructor(options: LakeCatalogOptions) {
    this.#options = options
    this.#views = new CatalogViews({ ...options, counts: new FetchCounts(options.fetchLimit) })
  }

  /** SQL names of all tables that the lake's streams can have, views too; they need not exist yet. */
  get names(): readonly string[] {
    const ofStreams = this.#options.streams.flatMap(stream => [
      ...[bronzePath, silverPath, scoredPath, summaryPath, driftPath].map(path => sqlName(path(stream))),
      quarantineName(stream),
    ])
    return [...ofStreams, ...rootTables, resolvedName]
  }

  /**
   * Registers the tables that a statement names with the session, each with what the statement reads of it: until the
   * next call, the session answers it and no other. Tables that do not exist are left out, but for the quarantine, which
   * is empty then.
   *
   * @param whole everything of each table, for a statement that failed because of what was left out
   * @throws QueryError QUERY_BAD_SQL, QUERY_NO_TABLE for a table whose version is asked for; DeltaError DELTA_NO_VERSION
   */
  async prepare(sql: string, whole = false): Promise<PreparedStatement> {
    const statement = await this.named(sql)
    await this.open(statement, whole)
    return statement
  }

  /** What a statement would read of each table. @throws as {@link prepare} */
  async explain(sql: string): Promise<readonly TablePlan[]> {
    const statement = await this.named(sql)
    return this.#views.plans(statement.sql)
  }

  /** The second step of {@link prepare}, in which DuckDB plans the statement, and data files are read. */
  open({ sql }: PreparedStatement, whole = false): Promise<void> {
    return this.#views.open(sql, whole)
  }

  /** The first step: the statement with its tables named as the session has them. Of tables only the logs are read. */
  async named(sql: string): Promise<PreparedStatement> {
    for (const schema of ['bronze', 'silver', 'gold']) await this.#views.createSchema(schema)
    const references = await referencesIn(this.#options.session, sql)
    if (references === undefined) return { sql, opened: await this.#openAny(sql) }
    const tokens = tokensOf(sql)
    const opened = new Set<string>()
    const edits: Edit[] = []
    for (const reference of references) {
      if (reference.kind === 'call') edits.push(await this.#openCall(reference, tokens))
      else if (reference.at !== undefined) edits.push(...(await this.#openTimeTravel(reference, reference.at, tokens)))
      else {
        for (const name of await this.#openName(reference.parts)) opened.add(name)
        if (reference.parts.length > 2) edits.push(rename(reference, tokens, quoted(viewOf(reference.parts))))
      }
    }
    return { sql: edited(sql, edits), opened: [...opened] }
  }

  /** Releases the tables' files; the session's views no longer work then. */
  release(): void {
    this.#views.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** Opens what a name means: tables of the streams in any case of letters, else a folder of the lake. @returns what is there */
  async #openName(parts: readonly string[]): Promise<readonly string[]> {
    const known = this.names.filter(name => isNamed(name, parts))
    const opened: string[] = []
    for (const name of known) if (await this.#open(name)) opened.push(name)
    // A name in other letters than a table of the streams is that table, as SQL has it.
    const isKnown = known.some(name => name.toLowerCase() === parts.join('.').toLowerCase())
    if (!isKnown && (await this.#openTable(parts))) opened.push(parts.join('.'))
    return opened
  }

  /** For a statement that may name any table: those of the streams, and whatever is in the place of a name. */
  async #openAny(sql: string): Promise<readonly string[]> {
    const opened: string[] = []
    for (const name of this.names) if (await this.#open(name)) opened.push(name)
    for (const chain of nameChains(tokensOf(sql))) {
      for (const name of await this.#openName(chain)) if (!opened.includes(name)) opened.push(name)
    }
    return opened
  }

  async #open(name: string): Promise<boolean> {
    if (this.#opened.has(name)) return true
    const quarantined = this.#options.streams.find(stream => quarantineName(stream) === name)
    const done =
      name === resolvedName
        ? await this.#openResolved()
        : quarantined === undefined
          ? await this.#openTable(name.split('.'))
          : await this.#openQuarantine(name, quarantined)
    if (done) this.#opened.add(name)
    return done
  }

  async #openTable(parts: readonly string[]): Promise<boolean> {
    const path = parts.join('/')
    if (this.#tables.has(path)) return true
    if (!isTablePath(path)) return false
    const delta = this.#options.table(path)
    const snapshot = await delta.snapshot()
    if (snapshot === undefined) return false
    await this.#views.add(viewOf(parts), parts.join('.'), delta, snapshot)
    this.#tables.add(path)
    return true
  }

  async #openTimeTravel(reference: TableReference, at: TimeTravel, tokens: readonly Token[]): Promise<readonly Edit[]> {
    const known = this.names.find(
      each => isNamed(each, reference.parts) && (reference.parts.length > 1 || !each.includes('.')),
    )
    const name = known ?? reference.parts.join('.')
    if (name === resolvedName || this.#options.streams.some(stream => quarantineName(stream) === name)) {
      throw new QueryError(
        'QUERY_BAD_SQL',
        `${name} is a view and has no versions; ask for one of the tables it is made of.`,
      )
    }
    const path = (known?.split('.') ?? reference.parts).join('/')
    if (!isTablePath(path)) throw noTable(name)
    const view = await this.#openPlace(this.#options.table(path), name, at)
    return [rename(reference, tokens, view, reference.parts.at(-1)), removeTimeTravel(reference, tokens)]
  }

  async #openCall(call: DeltaCall, tokens: readonly Token[]): Promise<Edit> {
    const { openPlace } = this.#options
    if (openPlace === undefined)
      throw new QueryError('QUERY_BAD_SQL', 'delta() is not available here; name a table of the lake.')
    const view = await this.#openPlace(await openPlace(call.place), call.place, call.at)
    return replaceCall(call, tokens, view)
  }

  /** A view of the table at a moment. @returns its name, quoted */
  async #openPlace(table: DeltaTable, name: string, at: TimeTravel | undefined): Promise<string> {
    const version = await requestedVersion(table, name, at)
    const snapshot = await table.snapshot(version === undefined ? {} : { version })
    if (snapshot === undefined) throw noTable(name)
    const view = { schema: privateSchema, table: `${name} ${this.#places++}` }
    await this.#views.add(view, name, table, snapshot)
    return quoted(view)
  }

  /** Bronze's rejected rows that are neither in silver nor settled by an outcome. */
  async #openQuarantine(name: string, stream: Stream): Promise<boolean> {
    const { session, table } = this.#options
    const bronze = sqlName(bronzePath(stream))
    const view = quoted(viewOf(name.split('.')))
    if (!(await this.#open(bronze))) {
      await session.run(`CREATE OR REPLACE VIEW ${view} AS ${emptySelect(bronzeSchema(stream).fields)}`)
      return false
    }
    const [silver, resolved] = [sqlName(silverPath(stream)), sqlName(resolvedPath(stream))]
    const state = await table(bronzePath(stream)).state()
    await session.run(
      `CREATE OR REPLACE VIEW ${view} AS ${quarantineSelect({
        bronze: quoted(viewOf(bronze.split('.'))),
        bronzeId: state?.metadata.id ?? '',
        silver: (await this.#open(silver)) ? quoted(viewOf(silver.split('.'))) : undefined,
        outcomes: (await this.#openTable(resolved.split('.'))) ? quoted(viewOf(resolved.split('.'))) : undefined,
      })}`,
    )
    return true
  }

  /** The outcomes of every stream's records, without the rows that replays brought. */
  async #openResolved(): Promise<boolean> {
    const selects: string[] = []
    for (const stream of this.#options.streams) {
      const parts = sqlName(resolvedPath(stream)).split('.')
      if (await this.#openTable(parts)) selects.push(resolvedSelect(stream, quoted(viewOf(parts))))
    }
    const sql = selects.length === 0 ? emptySelect(resolvedFields) : selects.join(' UNION ALL ')
    await this.#options.session.run(`CREATE OR REPLACE VIEW ${identifier(resolvedName)} AS ${sql}`)
    return selects.length > 0
  }
}
