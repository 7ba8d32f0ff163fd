import { type Clock, systemClock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import { type ChangeScan, type ChangesOptions, readChanges } from '../changeDataFeed/index.js'
import {
  type Commit,
  type CommitFile,
  type HistoryEntry,
  readCommitFiles,
  readCommits,
  readHistory,
} from '../log/index.js'
import { requireReadable, type TableState } from '../protocol/index.js'
import {
  firstVersionFrom,
  maxTipAgeMs,
  readSnapshot,
  type Snapshot,
  type TimeTravelOptions,
  Tip,
  versionAt,
} from '../snapshot/index.js'
import { type CommitOutcome, commitTransaction, defaultMaxAttempts, type Transaction } from '../transaction/index.js'
import { type CheckpointOutcome, writeCheckpoint } from './writeCheckpoint.js'

/** How a {@link DeltaTable} commits, and as whom. */
export interface TableOptions {
  readonly clock?: Clock
  /** The writer, for `commitInfo.engineInfo`. */
  readonly engineInfo?: string
  /** How many versions a transaction may try before it gives up as a conflict; 250 when absent. */
  readonly maxAttempts?: number
  /** Numbers in [0, 1) for back-off; give a seeded one to be able to repeat a run. */
  readonly random?: () => number
  /** How old the newest known version may be before a commit looks at the log again, in milliseconds; a minute when absent. */
  readonly tipMaxAgeMs?: number
}

/**
 * A Delta table in a folder: its state, its files, its log, and the way to change it.
 *
 * ```ts
 * const table = new DeltaTable(store.within('bronze/events'))
 * const state = await table.state({ fresh: true })
 * const outcome = await table.commit({
 *   readVersion: state.version, actions: [{ add }, { txn: { appId, version: 41n } }],
 *   operation: 'STREAMING UPDATE', isBlindAppend: true, reads: readsNothing,
 * })
 * ```
 */
export class DeltaTable {
  /** The table's folder. */
  readonly url: string
  readonly store: ObjectStore
  readonly #tip: Tip
  readonly #clock: Clock
  readonly #engineInfo: string
  readonly #maxAttempts: number
  readonly #random: () => number

  /** @param store its root is the table's folder; the table need not exist */
  constructor(store: ObjectStore, options: TableOptions = {}) {
    this.url = store.url
    this.store = store
    this.#clock = options.clock ?? systemClock
    this.#engineInfo = options.engineInfo ?? 'kafka-delta-functions'
    this.#maxAttempts = options.maxAttempts ?? defaultMaxAttempts
    this.#random = options.random ?? Math.random
    this.#tip = new Tip(store, this.#clock, options.tipMaxAgeMs ?? maxTipAgeMs)
  }

  /**
   * The table without its files, or `undefined` when there is none. Kept between calls: one call may answer with an
   * older version than another process has written since.
   * @param options.fresh look for newer versions first
   * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for a table that this reader does not understand; DELTA_VERSION_GAP,
   * DELTA_NO_PROTOCOL, DELTA_NO_METADATA and others for a log that is not whole, naming version and file
   */
  async state(options: { readonly fresh?: boolean } = {}): Promise<TableState | undefined> {
    const state = options.fresh === true ? await this.#tip.latest() : await this.#tip.known()
    if (state !== undefined) requireReadable(state, { table: this.url })
    return state
  }

  /**
   * The table with its files, newest version or a given one; `undefined` when there is no table. Reads the whole list:
   * not for appenders.
   *
   * @throws DeltaError DELTA_NO_VERSION for one that is not there, or that log cleanup has deleted; else as {@link
   * state}
   */
  async snapshot(options: { readonly version?: number } = {}): Promise<Snapshot | undefined> {
    const snapshot = await readSnapshot(this.store, this.#clock.now(), options.version)
    if (snapshot !== undefined) requireReadable(snapshot, { table: this.url })
    return snapshot
  }

  /**
   * The commits from version `from` to `to` (the newest when absent), both inclusive, in order. None when `from` lies
   * beyond the newest; a missing one between is DELTA_VERSION_GAP.
   */
  async *commits(from: number, to?: number): AsyncGenerator<Commit, void> {
    const last = to ?? (await this.#tip.latest())?.version
    if (last !== undefined) yield* readCommits(this.store, from, last, version => this.#tip.read(version))
  }

  /**
   * The same without their times, which take a listing of the log; what {@link state} has just seen is not read again.
   * Whoever follows a table from version to version takes these.
   */
  commitFiles(from: number, to: number): AsyncGenerator<CommitFile, void> {
    return readCommitFiles(this.store, from, to, version => this.#tip.read(version))
  }

  /** The newest version that was there at a time in milliseconds since 1970. See {@link commitAt}. */
  versionAt(timestamp: number, options?: TimeTravelOptions): Promise<number | undefined> {
    return versionAt(this.store, timestamp, options)
  }

  /** The oldest version of that time or later. See {@link firstVersionFrom}. */
  firstVersionFrom(timestamp: number): Promise<number | undefined> {
    return firstVersionFrom(this.store, timestamp)
  }

  /** The rows that some versions changed, where the table keeps a change data feed. See {@link readChanges}. */
  changes(options: ChangesOptions): Promise<ChangeScan> {
    return readChanges(this.store, options)
  }

  /**
   * Commits, as the next version that is free, or answers the conflict: a commit of others since
   * `transaction.readVersion` that changes what it has read or relies on. See {@link Transaction}.
   *
   * @throws DeltaError DELTA_NO_TABLE; DELTA_UNSUPPORTED_FEATURE or DELTA_APPEND_ONLY for what this writer may not do
   * to the table; DELTA_COMMIT_UNRESOLVED (retryable) when storage does not answer whether it was written, which a
   * `txn` of the transaction's own then shows
   */
  commit(transaction: Transaction): Promise<CommitOutcome> {
    return commitTransaction(this.store, this.#tip, transaction, {
      clock: this.#clock,
      random: this.#random,
      engineInfo: this.#engineInfo,
      maxAttempts: this.#maxAttempts,
    })
  }

  /** Writes a checkpoint of the newest version, unless it has one, and points `_last_checkpoint` to it. */
  async writeCheckpoint(): Promise<CheckpointOutcome> {
    return writeCheckpoint(this.store, Math.min(this.#clock.now(), await this.store.now()))
  }

  /** The versions still in the log, newest first. */
  history(limit?: number): Promise<readonly HistoryEntry[]> {
    return readHistory(this.store, limit)
  }
}
