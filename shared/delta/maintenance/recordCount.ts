import type { AddFile } from '../actions.js'
import { parseStats } from '../stats.js'

/** A file's live rows, by its statistics and its deletion vector; `undefined` when they do not say. Pure; no I/O. */
export function recordCount({ stats, deletionVector }: Pick<AddFile, 'stats' | 'deletionVector'>): bigint | undefined {
  if (stats === undefined) return undefined
  try {
    return parseStats(stats, []).numRecords - (deletionVector?.cardinality ?? 0n)
  } catch {
    return undefined
  }
}
