import type { AddFile } from '../actions/index.js'
import { parseStats } from './stats.js'

/**
 * How many rows a file holds by its statistics, those that a deletion vector takes out among them; `undefined` when
 * they lack it, or cannot be read.
 */
export function recordCount({ stats }: Pick<AddFile, 'stats'>): bigint | undefined {
  if (stats === undefined) return undefined
  try {
    return parseStats(stats, []).numRecords
  } catch {
    return undefined
  }
}

/** The same without the rows that a deletion vector takes out. */
export function liveRecordCount(file: Pick<AddFile, 'stats' | 'deletionVector'>): bigint | undefined {
  const records = recordCount(file)
  return records === undefined ? undefined : records - (file.deletionVector?.cardinality ?? 0n)
}

/** How many rows all of these files hold for readers; `undefined` when the statistics of one of them lack it. */
export function liveRowCount(files: readonly Pick<AddFile, 'stats' | 'deletionVector'>[]): bigint | undefined {
  return sumOfCounts(files.map(liveRecordCount))
}

/** All counts together; `undefined` when one of them is. */
export function sumOfCounts(counts: readonly (bigint | undefined)[]): bigint | undefined {
  let sum = 0n
  for (const count of counts) {
    if (count === undefined) return undefined
    sum += count
  }
  return sum
}
