import type { AddFile } from '../delta/actions.js'
import { parseStats } from '../delta/stats.js'

/** A row takes at least about this many bytes; for files whose statistics are silent. */
const leastBytesPerRow = 16

/** How many rows the file holds; a guess, rather too many, when its statistics do not say. Pure; no I/O. */
export function recordCount(file: AddFile): number {
  if (file.stats !== undefined) {
    try {
      return Number(parseStats(file.stats, []).numRecords)
    } catch {
      // Another engine's statistics are no reason to stop.
    }
  }
  return Math.ceil(file.size / leastBytesPerRow)
}
