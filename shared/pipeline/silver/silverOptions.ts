import type { AddFile } from '../../delta/index.js'
import type { Trigger } from '../step/index.js'

export interface SilverOptions {
  /** What started the run; `timer` when absent. */
  readonly trigger?: Trigger | undefined
  /** Most bronze rows that are worked on at once; the setting SILVER_MAX_ROWS_PER_RUN when absent. */
  readonly maxRows?: number | undefined
  /** Most rows of one file; by size, about 128 MiB, when absent. */
  readonly rowsPerFile?: number | undefined
}

const fileBytes = 128 * 2 ** 20
const leastRowsPerFile = 100_000

/** Silver's rows are smaller than bronze's, which hold the record's own bytes besides. */
export function rowsPerFile(options: SilverOptions, files: readonly AddFile[], rows: number): number {
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  return (
    options.rowsPerFile ?? Math.max(leastRowsPerFile, Math.floor((fileBytes * Math.max(1, rows)) / Math.max(1, bytes)))
  )
}
