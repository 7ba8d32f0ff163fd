import { crc32 } from 'node:zlib'

/** A window of the summary of which events are in none of its figures. */
export interface ChangedWindow {
  /** Its beginning, microseconds. */
  readonly start: bigint
  /** All events that it has. */
  readonly events: number
  /** Those that are in none of its figures. */
  readonly missing: number
}

/** A window that misses at least one in so many of its events is computed at once: a row is read so many times at most for it. */
const mostReads = 16

/**
 * Which windows are computed now. To compute one all of its rows are read, and late events may be spread over windows
 * without number: each run would read days for a handful of them. So those that miss much come at once, of the others as
 * many as have `rows` rows together, and the rest waits. Which ones is drawn anew for each turn, so that none waits for
 * ever; at least one is taken.
 *
 * @param turn a number of its own for each run, as a table's version
 */
export function dueWindows(
  changed: readonly ChangedWindow[],
  { rows, turn }: { readonly rows: number; readonly turn: number },
): ReadonlySet<bigint> {
  const isMuch = ({ events, missing }: ChangedWindow) => missing * mostReads >= events
  const due = new Set<bigint>()
  let read = 0
  for (const window of changed.filter(isMuch)) {
    due.add(window.start)
    read += window.events
  }
  const others = changed.filter(window => !isMuch(window)).map(window => ({ window, place: drawn(window.start, turn) }))
  let isFirst = true
  for (const { window } of others.toSorted((a, b) => a.place - b.place)) {
    read += window.events
    if (!isFirst && read > rows) break
    isFirst = false
    due.add(window.start)
  }
  return due
}

/** A number that looks like chance, and is the same for the same window and turn. */
const drawn = (start: bigint, turn: number): number => crc32(`${turn}/${start}`)
