import type { Stream } from '../contract/stream.js'
import { bronzePath, bronzeSchema, quarantineName, scoredPath, silverPath, sqlName, summaryPath } from '../contract/tables.js'
import type { OpenFolder } from '../delta/dataObject.js'
import type { DeltaTable } from '../delta/table.js'
import { type DeltaView, emptySelect, openDeltaView } from './deltaView.js'
import type { DuckDbSession } from './duckdbSession.js'
import type { FileCache } from './fileCache.js'
import { identifier } from './sqlText.js'
import { namedTables, type NamedTable } from './tableNames.js'

export interface LakeCatalogOptions {
  readonly session: DuckDbSession
  readonly cache: FileCache
  readonly streams: readonly Stream[]
  /** The table in a folder of the lake. */
  readonly table: (path: string) => DeltaTable
  /** For files outside a table and its storage account. */
  readonly openFolder?: OpenFolder | undefined
}

/** Tables at the lake's root. */
export const rootTables = ['monitor_logs', 'cluster_logs', 'quarantine_resolved'] as const

const lineage = ['_topic', '_generation', '_partition', '_offset'] as const

/**
 * The lake's tables under their SQL names (`bronze.events`, `bronze.events_quarantine`, `monitor_logs`) in a session. A
 * table is opened when a statement first names it, at the version it has then.
 *
 * @example
 * using catalog = new LakeCatalog({ session, cache, streams, table })
 * await catalog.open(sql)
 * const { rows } = await session.query(sql)
 */
export class LakeCatalog implements Disposable {
  readonly #options: LakeCatalogOptions
  readonly #opened = new Set<string>()
  readonly #views: DeltaView[] = []
  #schemas = false

  constructor(options: LakeCatalogOptions) {
    this.#options = options
  }

  /** SQL names of all tables that the lake can have, views too; they need not exist yet. */
  get names(): readonly string[] {
    const ofStreams = this.#options.streams.flatMap(stream => [
      ...[bronzePath, silverPath, scoredPath, summaryPath].map(path => sqlName(path(stream))),
      quarantineName(stream),
    ])
    return [...ofStreams, ...rootTables]
  }

  /**
   * Makes the tables that `sql` names known to the session; those that do not exist yet stay unknown to it, but for the
   * quarantine, which is empty then. @returns the names opened
   */
  async open(sql: string): Promise<readonly string[]> {
    const { session } = this.#options
    if (!this.#schemas) await session.run('CREATE SCHEMA bronze; CREATE SCHEMA silver; CREATE SCHEMA gold')
    this.#schemas = true
    const named = await namedTables(session, sql)
    const wanted = this.names.filter(name => named === undefined || named.some(table => isNamed(name, table)))
    const opened: string[] = []
    for (const name of wanted) if (await this.#open(name)) opened.push(name)
    return opened
  }

  /** Lets go of the tables' files; the session's views no longer work then. */
  release(): void {
    for (const view of this.#views.splice(0)) view.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }

  async #open(name: string): Promise<boolean> {
    if (this.#opened.has(name)) return true
    const quarantined = this.#options.streams.find(stream => quarantineName(stream) === name)
    const done = quarantined === undefined ? await this.#openTable(name) : await this.#openQuarantine(name, quarantined)
    if (done) this.#opened.add(name)
    return done
  }

  async #openTable(name: string): Promise<boolean> {
    const { session, cache, table, openFolder } = this.#options
    const delta = table(name.replaceAll('.', '/'))
    const snapshot = await delta.snapshot()
    if (snapshot === undefined) return false
    const view = await openDeltaView(session, cache, { store: delta.store, state: snapshot, files: snapshot.files, openFolder })
    this.#views.push(view)
    await session.run(`CREATE OR REPLACE VIEW ${qualified(name)} AS ${view.sql}`)
    return true
  }

  /** Bronze's rows with errors that are neither in silver nor resolved otherwise. */
  async #openQuarantine(name: string, stream: Stream): Promise<boolean> {
    const bronze = sqlName(bronzePath(stream))
    if (!(await this.#open(bronze))) {
      await this.#options.session.run(`CREATE OR REPLACE VIEW ${qualified(name)} AS ${emptySelect(bronzeSchema(stream).fields)}`)
      return false
    }
    const settled: string[] = []
    for (const table of [sqlName(silverPath(stream)), 'quarantine_resolved']) if (await this.#open(table)) settled.push(table)
    const same = lineage.map(column => `s.${column} = b.${column}`).join(' AND ')
    const open = settled.map(table => `AND NOT EXISTS (SELECT 1 FROM ${qualified(table)} AS s WHERE ${same})`)
    await this.#options.session.run(`
      CREATE OR REPLACE VIEW ${qualified(name)} AS
        SELECT * FROM ${qualified(bronze)} AS b WHERE b._error_code IS NOT NULL ${open.join(' ')}`)
    return true
  }
}

/** Whether a query's name means the table: by schema and name, or, where the query leaves the schema out, by name. */
function isNamed(name: string, { schema, table }: NamedTable): boolean {
  const parts = name.toLowerCase().split('.')
  return parts.at(-1) === table && (schema === '' || schema === (parts.length > 1 ? parts[0] : 'main'))
}

function qualified(name: string): string {
  return name.split('.').map(identifier).join('.')
}
