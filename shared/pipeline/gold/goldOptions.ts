import type { AddFile } from '../../delta/index.js'
import { recordCount } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { Trigger } from '../step/index.js'

export interface GoldOptions {
  /** What started the run; `timer` when absent. */
  readonly trigger?: Trigger | undefined
  /** Most rows that are worked on at once; the setting SILVER_MAX_ROWS_PER_RUN when absent. */
  readonly maxRows?: number | undefined
  /** Most rows of one file; by size, about 128 MiB, when absent. */
  readonly rowsPerFile?: number | undefined
}

/** The command that makes gold from what is there, for messages. */
export const rebuildCommand = 'lake rebuild gold'

/** How many times in a row other writers may win before a run gives up for now. */
export const maxPlans = 8

export function maxRowsOf(lake: Lake, options: GoldOptions): number {
  return options.maxRows ?? lake.settings.silverMaxRowsPerRun
}

/** Rows in the files, by their statistics. Pure; no I/O. */
export function rowsIn(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + recordCount(file), 0)
}
