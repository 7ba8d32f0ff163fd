import type { StructField } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import type { RoaringBitmap } from '../deletionVectors/index.js'
import type { Match } from '../stats/index.js'
import type { Rows } from '../write/index.js'

/** What becomes of a row: it stays as it is, it goes, or it gets other values. */
export const RowAction = { keep: 0, delete: 1, update: 2 } as const

/** What is to become of the rows of a table. */
export interface RowChange {
  /** The top-level columns that {@link decide} needs. */
  readonly fields: readonly StructField[]
  /** Of a file's rows: none is touched, all meet {@link whole}, or they have to be read. */
  match(file: AddFile): Match
  readonly whole: 1 | 2
  /** For each row its {@link RowAction}. Called once for every row that is read. */
  decide(rows: Rows): Promise<Uint8Array>
  /** The rows that change, with all their columns, as they become; undefined when none ever changes. */
  readonly change: ((rows: Rows) => Promise<Rows>) | undefined
}

/** A file with rows that do not stay as they are. */
export interface TouchedFile {
  readonly file: AddFile
  /** Rows it had before: without those that are deleted. */
  readonly live: number
  /** Positions of rows that were deleted before, where {@link whole} does not make them needless. */
  readonly before: RoaringBitmap | undefined
  /** The action of all its rows, when they have one in common. */
  readonly whole: 1 | 2 | undefined
  /** Positions of the deleted rows, and of the updated ones; unless all are. */
  readonly deleted: RoaringBitmap | undefined
  readonly updated: RoaringBitmap | undefined
}

/** How many rows of a file are deleted. */
export function deletedRows({ whole, deleted, live }: TouchedFile): number {
  return whole === RowAction.delete ? live : (deleted?.cardinality ?? 0)
}

/** How many rows of a file change. */
export function updatedRows({ whole, updated, live }: TouchedFile): number {
  return whole === RowAction.update ? live : (updated?.cardinality ?? 0)
}

/** Whether no row of the file stays where it is. */
export function isUsedUp(touched: TouchedFile): boolean {
  return deletedRows(touched) + updatedRows(touched) === touched.live
}

/** The actions of the rows at the given positions of the file, which ascend. */
export function rowActionsOf({ whole, deleted, updated }: TouchedFile, positions: Float64Array): Uint8Array {
  const actions = new Uint8Array(positions.length)
  if (whole !== undefined) return actions.fill(whole)
  const first = positions[0] ?? 0
  const span = (positions.at(-1) ?? -1) + 1 - first
  const mark = (marks: Uint8Array | undefined, action: 1 | 2): void => {
    if (marks === undefined) return
    for (let i = 0; i < actions.length; i++) if (marks[(positions[i] ?? 0) - first] === 1) actions[i] = action
  }
  mark(deleted?.marks(first, span), RowAction.delete)
  mark(updated?.marks(first, span), RowAction.update)
  return actions
}
