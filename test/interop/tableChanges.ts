import { createTable, type TableDefinition } from '../../shared/delta/table/createTable.js'
import { optimizeTable } from '../../shared/delta/maintenance/optimize.js'
import { vacuumTable } from '../../shared/delta/maintenance/vacuum.js'
import type { Predicate } from '../../shared/delta/stats/fileSkipping.js'
import { DeltaTable } from '../../shared/delta/table/table.js'
import { readsNothing } from '../../shared/delta/transaction/transaction.js'
import { alterTable } from '../../shared/delta/ddl/alterTable.js'
import { appendRows } from '../../shared/delta/dml/appendRows.js'
import { deleteRows } from '../../shared/delta/dml/deleteRows.js'
import type { Expressions } from '../../shared/delta/write/expressions.js'
import { mergeRows } from '../../shared/delta/dml/mergeRows.js'
import { overwriteRows } from '../../shared/delta/dml/overwriteRows.js'
import { restoreTable } from '../../shared/delta/dml/restoreTable.js'
import type { TableChange } from '../../shared/delta/ddl/tableChange.js'
import { rowsOf } from '../../shared/delta/write/tableWriter.js'
import { updateRows } from '../../shared/delta/dml/updateRows.js'
import type { WriteOutcome } from '../../shared/delta/write/writeOptions.js'
import type { Row, StructType } from '../../shared/types/dataType.js'
import { duckDbClusterer } from '../../shared/pipeline/maintenance/clusterer.js'
import { FileCache } from '../../shared/query/scan/fileCache.js'
import { openStore } from '../../shared/storage/openStore.js'

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
  static async create(folder: string, definition: Omit<TableDefinition, 'createdTime'>, expressions: Expressions): Promise<TableChanges> {
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
    const { kind } = await optimizeTable(this.table, { clusterer: duckDbClusterer(cache, { memoryLimit: 2 ** 27, threads: 1 }) })
    if (kind !== 'optimized') throw new Error(`nothing was optimized: ${kind}`)
  }

  /** @param keepFrom the oldest version that can be followed from afterwards */
  async vacuum(keepFrom?: number): Promise<void> {
    const { kind } = await vacuumTable(this.table, { retentionMs: 0, force: true, keepFrom })
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
  if (outcome.kind !== 'committed') throw new Error(`not committed: ${JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`)
}
