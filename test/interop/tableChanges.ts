import { alterTable, type TableChange } from '../../shared/delta/ddl/index.js'
import {
  appendRows,
  deleteRows,
  mergeRows,
  overwriteRows,
  restoreTable,
  rowsOf,
  updateRows,
} from '../../shared/delta/dml/index.js'
import {
  createTable,
  DeltaTable,
  type Expressions,
  type Predicate,
  readsNothing,
  type TableDefinition,
  type WriteOutcome,
} from '../../shared/delta/index.js'
import { optimizeTable, vacuumTable } from '../../shared/delta/maintenance/index.js'
import { duckDbClusterer } from '../../shared/pipeline/maintenance/index.js'
import { FileCache } from '../../shared/query/index.js'
import { openStore } from '../../shared/storage/index.js'
import type { Row, StructType } from '../../shared/types/index.js'

/** Changes of one table in a row; each must have been committed. */
export class TableChanges {
  readonly table: DeltaTable
  readonly #expressions: Expressions

  constructor(table: DeltaTable, expressions: Expressions) {
    this.table = table
    this.#expressions = expressions
  }

  /** The table that is in a folder. */
  static async open(folder: string, expressions: Expressions): Promise<TableChanges> {
    return new TableChanges(new DeltaTable(await openStore(folder)), expressions)
  }

  async version(): Promise<number> {
    return (await this.table.state({ fresh: true }))?.version ?? -1
  }

  /** Makes the table in a folder. */
  static async create(
    folder: string,
    definition: Omit<TableDefinition, 'createdTime'>,
    expressions: Expressions,
  ): Promise<TableChanges> {
    const table = new DeltaTable(await openStore(folder))
    const outcome = await table.commit(createTable({ ...definition, createdTime: 0 }))
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return new TableChanges(table, expressions)
  }

  async append(...rows: Row[]): Promise<void> {
    committed(await appendRows(this.table, [rowsOf(await this.#schema(), rows)], this.#options()))
  }

  async appendWider(schema: StructType, ...rows: Row[]): Promise<void> {
    committed(await appendRows(this.table, [rowsOf(schema, rows)], { ...this.#options(), mergeSchema: true }))
  }

  async delete(where: Predicate): Promise<void> {
    committed(await deleteRows(this.table, { ...this.#options(), where }))
  }

  async update(where: Predicate, set: Readonly<Record<string, Row[string]>>): Promise<void> {
    const values = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, { value: value ?? null }]))
    committed(await updateRows(this.table, { ...this.#options(), where, set: values }))
  }

  async merge(...rows: Row[]): Promise<void> {
    committed(await mergeRows(this.table, [rowsOf(await this.#schema(), rows)], { ...this.#options(), on: ['id'] }))
  }

  async overwrite(where: Predicate | undefined, ...rows: Row[]): Promise<void> {
    committed(await overwriteRows(this.table, [rowsOf(await this.#schema(), rows)], { ...this.#options(), where }))
  }

  async alter(...changes: TableChange[]): Promise<void> {
    committed(await alterTable(this.table, changes, this.#options()))
  }

  async restore(version: number): Promise<void> {
    committed(await restoreTable(this.table, { version }))
  }

  /** Sorts the rows where the table is clustered. */
  async optimize(): Promise<void> {
    await using cache = new FileCache({ limitBytes: 2 ** 28 })
    const { kind } = await optimizeTable(this.table, {
      clusterer: duckDbClusterer(cache, [{ memoryLimit: 2 ** 27, threads: 1 }]),
    })
    if (kind !== 'optimized') throw new Error(`nothing was optimized: ${kind}`)
  }

  /** @param keepFrom the oldest version that can be followed from afterwards */
  async vacuum(keepFrom?: number): Promise<void> {
    const { kind } = await vacuumTable(this.table, { retentionMs: 0, force: true, lowWatermark: keepFrom })
    if (kind !== 'vacuumed') throw new Error(`nothing was vacuumed: ${kind}`)
  }

  async checkpoint(): Promise<void> {
    await this.table.writeCheckpoint()
  }

  async setDomain(domain: string, configuration: string): Promise<void> {
    const outcome = await this.table.commit({
      readVersion: await this.version(),
      actions: [{ domainMetadata: { domain, configuration, removed: false } }],
      operation: 'SET DOMAIN METADATA',
      isBlindAppend: false,
      reads: readsNothing,
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
  }

  #options(): { readonly expressions: Expressions } {
    return { expressions: this.#expressions }
  }

  async #schema(): Promise<StructType> {
    const state = await this.table.state({ fresh: true })
    if (state === undefined) throw new Error('there is no table')
    return state.schema
  }
}

function committed(outcome: WriteOutcome): void {
  if (outcome.kind !== 'committed')
    throw new Error(
      `not committed: ${JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
    )
}
