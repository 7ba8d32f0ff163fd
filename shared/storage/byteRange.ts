import type { ByteRange } from './objectStore.js'

/**
 * The part of an object of `size` bytes that a range asks for, cut to what exists; empty when there is nothing.
 * Takes a range that {@link checkRange} lets pass.
 */
export function clippedRange(
  size: number,
  range: ByteRange | undefined,
): { readonly start: number; readonly end: number } {
  if (range === undefined) return { start: 0, end: size }
  const start = Math.min(range.start, size)
  return { start, end: Math.max(start, Math.min(range.end ?? size, size)) }
}

/** @throws RangeError when the range is not of whole numbers from 0: a mistake of the caller */
export function checkRange(range: ByteRange): void {
  const { start, end } = range
  if (!Number.isSafeInteger(start) || start < 0 || (end !== undefined && (!Number.isSafeInteger(end) || end < 0))) {
    throw new RangeError(`A byte range needs whole numbers from 0; got ${String(start)} to ${String(end)}.`)
  }
}
