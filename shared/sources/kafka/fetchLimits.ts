import type { OffsetRange } from '../source.js'

/** Bytes of one fetch, where the source is opened without a number of its own. */
export const defaultFetchBytes = 2 * 1024 * 1024

/** A range of so few offsets is fetched in answers of so few bytes. */
const shortRange = 64n
const shortFetchBytes = 16 * 1024

/**
 * Bytes of one fetch of a range, `most` at most. Before every commit a few offsets are read: nothing of what lies behind
 * them is wanted. A whole batch always comes, however long it is.
 */
export function fetchBytesOf({ start, end }: OffsetRange, most: number): number {
  return end - start <= shortRange ? Math.min(shortFetchBytes, most) : most
}
