import type { Json } from '../../types/index.js'
import type { Action, AddFile } from '../actions/index.js'

/** What a transaction has read, and so which commits of others make it a conflict. */
export interface Reads {
  /** The files it depends on: none (a blind append), all, or those the predicate holds for. */
  readonly files: 'none' | 'all' | ((add: AddFile) => boolean)
  /** The application ids whose `txn` it has read. Those of its own `txn` actions are always covered. */
  readonly appIds: (appId: string) => boolean
  /**
   * Whether a commit that only rearranges rows (every file action has `dataChange` false) may be rebased over. One that
   * removed a file which this transaction removes too is a conflict all the same.
   */
  readonly overCompaction?: boolean | undefined
}

/** What a transaction that appends and read nothing depends on. */
export const readsNothing: Reads = { files: 'none', appIds: () => false }

/** One atomic change of a table. */
export interface Transaction {
  /** The version it was planned on; −1 when the table must not exist yet. */
  readonly readVersion: number
  /** Everything but `commitInfo`, which the commit writes itself. Data files are uploaded before. */
  readonly actions: readonly Action[]
  /** As `DESCRIBE HISTORY` shows it, e.g. `STREAMING UPDATE`, `WRITE`, `MERGE`, `OPTIMIZE`. */
  readonly operation: string
  readonly operationParameters?: Readonly<Record<string, Json>> | undefined
  readonly operationMetrics?: Readonly<Record<string, string | number | bigint>> | undefined
  /** Further fields of `commitInfo`. */
  readonly info?: Readonly<Record<string, Json>> | undefined
  readonly isBlindAppend: boolean
  readonly reads: Reads
  /**
   * Names of features whose requirements it meets, e.g. files under the physical names of `columnMapping`. A table in
   * which a feature with requirements of writers is in use refuses transactions that do not name it.
   */
  readonly keeps?: readonly string[] | undefined
}

/** Why a transaction was not committed, as a closed list: what other commits did, or that they were faster. */
export const conflictReasons = [
  /** The table was to be created, and there is one. */
  'tableExists',
  'protocolChanged',
  /** Schema, partitioning or properties. */
  'metadataChanged',
  /** A `txn` of an application id that was read: another writer has done this work, or part of it. */
  'concurrentTransaction',
  /** A file was added that the transaction would have read. */
  'concurrentAppend',
  /** A file was removed that the transaction has read. */
  'concurrentDeleteRead',
  /** A file was removed that the transaction removes too. */
  'concurrentDeleteDelete',
  'domainChanged',
  /** Nothing forbids it, but others were faster every time. */
  'tooManyAttempts',
] as const

/** Shows the caller how to go on: only after `tooManyAttempts` may the same transaction just be tried again. */
export type ConflictReason = (typeof conflictReasons)[number]

/** The outcome of a transaction: it became a version of its own, or nothing of it is in the table. */
export type CommitOutcome =
  | {
      readonly kind: 'committed'
      readonly version: number
      /** Milliseconds since 1970: the in-commit timestamp where the table has them, else the writer's clock. */
      readonly timestamp: number
      /** How many versions were tried. */
      readonly attempts: number
    }
  | {
      readonly kind: 'conflict'
      readonly reason: ConflictReason
      /** The version that won. */
      readonly version: number
      readonly detail: string
    }
