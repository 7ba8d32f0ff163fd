import type { Action, Txn } from '../actions/index.js'
import type { DeltaTable } from '../table/index.js'
import { readsNothing, type Transaction } from '../transaction/index.js'

/** What a run of VACUUM leaves in the log: commits without files, by the names that `DESCRIBE HISTORY` shows. */
export class VacuumRecord {
  readonly #table: DeltaTable
  readonly #log: boolean
  readonly #txns: readonly Txn[] | undefined

  constructor(
    table: DeltaTable,
    {
      log,
      record,
    }: { readonly log?: boolean | undefined; readonly record?: { readonly txns: readonly Txn[] } | undefined },
  ) {
    this.#table = table
    this.#log = log ?? true
    this.#txns = record?.txns
  }

  /** @param retention whether a short one is refused, the table's own and the one asked for, in milliseconds */
  async start(
    planned: { readonly files: number; readonly bytes: number },
    retention: { readonly check: boolean; readonly own: number; readonly asked: number | undefined },
  ): Promise<void> {
    await this.#commit({
      operation: 'VACUUM START',
      operationParameters: {
        retentionCheckEnabled: retention.check,
        // An invalid property keeps everything for ever, which JSON has no number for.
        defaultRetentionMillis: Number.isFinite(retention.own) ? retention.own : Number.MAX_SAFE_INTEGER,
        ...(retention.asked === undefined ? {} : { specifiedRetentionMillis: retention.asked }),
      },
      operationMetrics: { numFilesToDelete: planned.files, sizeOfDataToDelete: planned.bytes },
    })
  }

  /** The version it made, if any. */
  async end(done: { readonly files: number; readonly folders: number }): Promise<number | undefined> {
    if (!this.#log && this.#txns === undefined) return undefined
    return this.#commit({
      operation: 'VACUUM END',
      actions: (this.#txns ?? []).map((txn): Action => ({ txn })),
      operationParameters: { status: 'COMPLETED' },
      operationMetrics: { numDeletedFiles: done.files, numVacuumedDirectories: done.folders },
    })
  }

  /** Never throws: why the run failed matters more. */
  async fail(): Promise<void> {
    if (!this.#log) return
    try {
      await this.#commit({ operation: 'VACUUM END', operationParameters: { status: 'FAILED' } })
    } catch {
      // The log then has a start without an end, which shows the same.
    }
  }

  async #commit(
    of: Pick<Transaction, 'operation' | 'operationParameters' | 'operationMetrics'> & {
      readonly actions?: readonly Action[]
    },
  ): Promise<number> {
    const state = await this.#table.state()
    const outcome = await this.#table.commit({
      actions: [],
      ...of,
      readVersion: state?.version ?? -1,
      isBlindAppend: true,
      reads: readsNothing,
    })
    return outcome.version
  }
}
