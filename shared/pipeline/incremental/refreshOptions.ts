import type { AddFile } from '../../delta/index.js'
import { type Lake, type PieceBounds, pieceBounds } from '../lake/index.js'
import type { Trigger } from '../step/index.js'

/** Options of a run of a derived table. */
export interface RefreshOptions {
  /** What started the run; `timer` when absent. */
  readonly trigger?: Trigger | undefined
  /** Most rows of the source that a run takes on; the setting SILVER_MAX_ROWS_PER_RUN when absent. */
  readonly maxRows?: number | undefined
  /** Most rows of one file; by size, about 128 MiB, when absent. */
  readonly rowsPerFile?: number | undefined
  /** Most scored rows that a timer's run of the summary reads for windows that gained few; a million when absent. */
  readonly summaryRows?: number | undefined
}

/** Most rows of the source that a run takes on: its own bound, else the setting. */
export function maxRowsOf(lake: Lake, options: RefreshOptions): number {
  return options.maxRows ?? lake.settings.silverMaxRowsPerRun
}

/** Most that is worked on at once: what there is memory for, and no more rows than a run takes on. */
export function pieceOf(lake: Lake, options: RefreshOptions): PieceBounds {
  const { rows, bytes } = pieceBounds(lake)
  return { rows: Math.min(rows, maxRowsOf(lake, options)), bytes }
}

const fileBytes = 128 * 2 ** 20
const minRowsPerFile = 100_000

/**
 * Most rows of one file, by the size of the source's files: the rows made of them are about as large, or smaller.
 *
 * @param rows how many rows the files hold
 */
export function rowsPerFile(options: RefreshOptions, files: readonly AddFile[], rows: number): number {
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  return (
    options.rowsPerFile ?? Math.max(minRowsPerFile, Math.floor((fileBytes * Math.max(1, rows)) / Math.max(1, bytes)))
  )
}
