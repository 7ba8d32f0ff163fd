import type { Action } from '../actions/index.js'
import type { CheckpointFiles } from '../log/index.js'
import type { TableState } from '../protocol/index.js'

/**
 * A table at its newest version whose file list is streamed, not held: what is in memory is one row group of the
 * checkpoint, a few commits, and some bytes for each file that the commits after the checkpoint decide about, however
 * many files the table has.
 */
export interface FileList {
  /** Without a timestamp: 0. */
  readonly state: TableState
  /** What the list is read from; absent when the log is there from its beginning and holds no checkpoint. */
  readonly checkpoint: CheckpointFiles | undefined
  /**
   * Every live `add`, and every `remove` made at `expiry` (milliseconds since 1970) or later, a part at a time, the
   * checkpoint's first. Each call reads the list again, as of the same version.
   */
  actions(expiry: number): AsyncGenerator<Action[], void>
}
