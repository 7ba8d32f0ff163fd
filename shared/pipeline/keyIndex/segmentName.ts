import { randomUUID } from 'node:crypto'

import type { ObjectInfo } from '../../storage/index.js'
import { dayMs } from '../../types/index.js'

/** Where the segments are, in the folder of their table: no engine looks into folders whose name begins so. */
export const keyIndexFolder = '_key_index'

/** A segment by its name: the days of event time of its files, as their partition values are written. */
export interface SegmentInfo {
  /** In the table's folder. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly first: string
  readonly last: string
}

/** What another version of this program wrote in another format is not taken for a segment, nor does it take this for one. */
const format = 3
/** Days, a number, and the format, which the first did not say. */
const segmentPath = /^_key_index\/([0-9_+-]+)_[0-9a-f-]{36}(?:\.(\d+))?\.keys$/

/** A new name, never used before. */
export function newSegmentPath(first: string, last: string): string {
  return `${keyIndexFolder}/${first}_${last}_${randomUUID()}.${format}.keys`
}

/** @returns undefined for an object that is no segment of this format */
export function segmentInfo({ path, size }: Pick<ObjectInfo, 'path' | 'size'>): SegmentInfo | undefined {
  const [, days = '', own] = segmentPath.exec(path) ?? []
  const [first = '', last = ''] = days.split('_')
  return first === '' || last === '' || Number(own) !== format ? undefined : { path, size, first, last }
}

/** Whether an object is a segment of a former format, which nobody reads any more. */
export function isFormerSegment(path: string): boolean {
  const found = segmentPath.exec(path)
  return found !== null && Number(found[2] ?? 1) < format
}

/** How many segments of like size are merged into one. */
const fanIn = 8
const smallestClass = 2 ** 20

/**
 * The segments that are to become one, so that few are left: as many of like size as make it worth while, and of days
 * no further apart than that.
 *
 * @param spanDays most days that one segment may span
 * @param maxBytes of all that are merged at once
 * @returns none when there are too few
 */
export function planMerge(
  segments: readonly SegmentInfo[],
  { spanDays, maxBytes }: { readonly spanDays: number; readonly maxBytes: number },
): readonly SegmentInfo[] {
  const classes = Map.groupBy(segments, ({ size }) =>
    Math.max(0, Math.floor(Math.log2(size / smallestClass) / Math.log2(fanIn))),
  )
  for (const [, alike] of [...classes].sort(([a], [b]) => a - b)) {
    const ordered = alike.toSorted((a, b) =>
      a.first === b.first ? compare(a.path, b.path) : compare(a.first, b.first),
    )
    for (let from = 0; from + fanIn <= ordered.length; from++) {
      const chosen = ordered.slice(from, from + fanIn)
      const last = chosen.reduce((day, segment) => (compare(segment.last, day) > 0 ? segment.last : day), '')
      const bytes = chosen.reduce((sum, { size }) => sum + size, 0)
      if (daysBetween(chosen[0]?.first ?? '', last) < spanDays && bytes <= maxBytes) return chosen
    }
  }
  return []
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Days from one to another; infinite where a name is no day, so that such a segment stays by itself. */
export function daysBetween(first: string, last: string): number {
  const days = (Date.parse(last) - Date.parse(first)) / dayMs
  return Number.isNaN(days) ? Infinity : days
}
