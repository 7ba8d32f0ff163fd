import type { Clock } from '../../clock.js'
import type { Json } from '../../types/index.js'
import type { OpenFolder, Txn } from '../actions/index.js'
import type { ConflictReason } from '../transaction/index.js'
import type { Expressions } from './expressions.js'

/** Options of every change of rows. */
export interface WriteOptions {
  readonly clock?: Clock | undefined
  /** Evaluates conditions given as SQL, and the table's constraints; without it a table with constraints is refused. */
  readonly expressions?: Expressions | undefined
  /** Bytes of a new data file, about; the table's `delta.targetFileSize`, or 128 MiB, when absent. */
  readonly targetFileSize?: number | undefined
  /**
   * Makes the change happen at most once: a table that has this version of the application, or a later one, is left
   * unchanged.
   */
  readonly txn?: Txn | undefined
  /** How often the change is planned again when others change what it has read; 10 when absent. */
  readonly maxPlans?: number | undefined
  /** Further fields of `commitInfo`, e.g. `userMetadata`. */
  readonly info?: Readonly<Record<string, Json>> | undefined
  /** For files outside the table's folder. */
  readonly openFolder?: OpenFolder | undefined
}

/** By the names that `DESCRIBE HISTORY` shows. */
export type WriteMetrics = Readonly<Record<string, bigint>>

/** The outcome of a change of rows: only `committed` has written a version. */
export type WriteOutcome =
  | { readonly kind: 'committed'; readonly version: number; readonly metrics: WriteMetrics }
  /** The table is what it was to become. */
  | { readonly kind: 'nothingToDo'; readonly version: number }
  /** It has the given `txn` already. */
  | { readonly kind: 'alreadyApplied'; readonly version: number }
  | { readonly kind: 'noTable' }
  /** Others changed the table faster than it could be planned again, or in a way that only the caller can answer. */
  | { readonly kind: 'conflict'; readonly reason: ConflictReason; readonly version: number; readonly detail: string }
