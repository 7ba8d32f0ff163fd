import type { DeltaTable, OpenFolder, Snapshot } from '../../delta/index.js'
import { chooseFiles, type ChosenFiles } from '../condition/index.js'
import { type DuckDbSession, identifier, literal, QueryError, sqlType } from '../duckdb/index.js'
import {
  countFetched,
  type DeltaView,
  emptySelect,
  type FetchCounts,
  type FileCache,
  openDeltaView,
  type ViewSource,
} from '../scan/index.js'
import { quoted, type ViewName } from './catalogName.js'
import { statementShape } from './statementShape.js'
import { type TableNeed, TableStubs } from './tableStubs.js'

/** What views of a catalog are made in and from; `counts` of all that is fetched. */
export interface CatalogViewsOptions {
  readonly session: DuckDbSession
  readonly cache: FileCache
  readonly openFolder?: OpenFolder | undefined
  readonly counts: FetchCounts
}

/** A table of a statement, and what is read of it. */
export interface TablePlan extends ChosenFiles {
  /** Its name in SQL, or its place. */
  readonly table: string
  readonly version: number
  /** All of them. */
  readonly columns: number
  readonly columnsRead: number
  readonly files: Snapshot['files']
  readonly fetched: FetchCounts
}

/** A table under a name of the session, as it is at one version. */
interface Relation {
  readonly view: ViewName
  readonly name: string
  readonly table: DeltaTable
  readonly snapshot: Snapshot
  /** Undefined when DuckDB has no table with such columns. */
  readonly stub: { readonly place: number; readonly sql: string } | undefined
}

/** What stands in a message of DuckDB when a column is read that was not found to be needed. */
const unread = 'lake: a column that the plan did not need'

/** Whether a query failed for what was left out because the plan had no need of it: with all of it, it does not. */
export function isUnread(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.includes(unread)
}

/**
 * The tables that statements name, as views of a session: first as stubs, so that DuckDB says what it would read of them,
 * then with that and nothing else. The columns stay what they are, in name, type and place, so that a statement means the
 * same; one that is not there is an error when it is read, and so is any row of a table that the plan does not read.
 */
export class CatalogViews {
  readonly #options: CatalogViewsOptions
  readonly #stubs: TableStubs
  readonly #relations: Relation[] = []
  readonly #schemas = new Set<string>()
  /** What the views that are no stubs read. */
  readonly #opened: DeltaView[] = []

  constructor(options: CatalogViewsOptions) {
    this.#options = options
    this.#stubs = new TableStubs(options.session)
  }

  async createSchema(name: string): Promise<void> {
    if (this.#schemas.has(name)) return
    await this.#options.session.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(name)}`)
    this.#schemas.add(name)
  }

  /** Gives a table its name; there is nothing in it before {@link open}. */
  async add(view: ViewName, name: string, table: DeltaTable, snapshot: Snapshot): Promise<void> {
    if (view.schema !== '') await this.createSchema(view.schema)
    const stub = await this.#stubs.add(snapshot.schema).catch((error: unknown) => {
      if (error instanceof QueryError) return undefined
      throw error
    })
    const relation = { view, name, table, snapshot, stub }
    this.#relations.push(relation)
    await this.#create(view, stub?.sql ?? closed(relation))
  }

  /**
   * Puts into the views what a statement reads, or all that the tables have when it is `whole`. Until the next call the
   * session answers this statement and no other.
   */
  async open(statement: string, whole: boolean): Promise<void> {
    const needs = await this.#needs(whole ? undefined : statement)
    this.release()
    for (const [relation, need] of needs)
      await this.#create(relation.view, need === undefined ? closed(relation) : await this.#select(relation, need))
  }

  /** What {@link open} would read. */
  async plans(statement: string): Promise<readonly TablePlan[]> {
    const plans: TablePlan[] = []
    for (const [relation, need] of await this.#needs(statement)) {
      if (need === undefined) continue
      const { name: table, snapshot } = relation
      const chosen = chooseFiles(snapshot, need.predicate)
      const fetched = await countFetched(this.#source(relation, need, chosen), need.predicate)
      const { version, files, schema } = snapshot
      plans.push({
        ...chosen,
        table,
        version,
        files,
        columns: schema.fields.length,
        columnsRead: need.columns.length,
        fetched,
      })
    }
    return plans
  }

  /** Releases the tables' files; the session's views no longer work then. */
  release(): void {
    for (const view of this.#opened.splice(0)) view.release()
  }

  /** What is needed of each table, undefined for nothing; everything of all without a statement. */
  async #needs(statement: string | undefined): Promise<ReadonlyMap<Relation, TableNeed | undefined>> {
    const relations = this.#relations
    const all = () =>
      new Map(
        relations.map(relation => {
          const columns = relation.snapshot.schema.fields.map(({ name }) => name)
          return [relation, { columns, predicate: undefined }]
        }),
      )
    if (statement === undefined || relations.some(({ stub }) => stub === undefined)) return all()
    const shape = await statementShape(this.#options.session, statement)
    if (!shape.isPlannable) return all()
    if (this.#opened.length > 0) for (const { view, stub } of relations) await this.#create(view, stub?.sql ?? '')
    this.release()
    const needs = await this.#stubs.needsOf(statement)
    // What cannot be explained is wrong, as a rule, and says so when it runs; if not, it reads what is not there.
    if (needs === undefined) return new Map(relations.map(relation => [relation, undefined]))
    return new Map(
      relations.map(relation => {
        const need = needs.get(relation.stub?.place ?? -1)
        return [relation, need === undefined || shape.isSteady ? need : { ...need, predicate: undefined }]
      }),
    )
  }

  #source({ table, snapshot }: Relation, { columns }: TableNeed, { chosen: files }: ChosenFiles): ViewSource {
    return { store: table.store, state: snapshot, files, columns, openFolder: this.#options.openFolder }
  }

  async #select(relation: Relation, need: TableNeed): Promise<string> {
    const { session, cache, counts } = this.#options
    const { predicate, columns } = need
    const source = this.#source(relation, need, chooseFiles(relation.snapshot, predicate))
    const view = await openDeltaView(session, cache, { ...source, narrowing: { predicate, counts } })
    this.#opened.push(view)
    const read = new Set(columns)
    const list = relation.snapshot.schema.fields.map(({ name, type }) =>
      read.has(name) ? identifier(name) : `CAST(${raise} AS ${sqlType(type)}) AS ${identifier(name)}`,
    )
    return `SELECT ${list.join(', ')} FROM (${view.sql})`
  }

  async #create(view: ViewName, select: string): Promise<void> {
    await this.#options.session.run(`CREATE OR REPLACE VIEW ${quoted(view)} AS ${select}`)
  }
}

/** As an expression an error when it is evaluated, and nothing before. */
const raise = `error(${literal(unread)})`

/** The table's columns without a row, and an error for who looks for one. */
function closed({ snapshot }: Relation): string {
  return emptySelect(snapshot.schema.fields, `FROM (SELECT ${raise} AS e) WHERE e IS NOT NULL`)
}
