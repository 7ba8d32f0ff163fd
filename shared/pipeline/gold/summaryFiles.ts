import type { Stream } from '../../contract/index.js'
import { type AddFile, FileSkipper, type Predicate, type Snapshot } from '../../delta/index.js'
import { chunks, columnKey } from '../../types/index.js'
import { dayOf, eventDate, partitionDay, rowsIn } from '../incremental/index.js'
import type { PieceBounds } from '../lake/index.js'
import { type Span, spansOf, windowMicros } from './summaryWindows.js'

/** A day and those of its windows that matter. */
export interface Day {
  readonly day: string
  /** Their beginnings, ascending. */
  readonly windows: readonly bigint[]
  /** Of event time. */
  readonly spans: readonly Span[]
  /** Files of the table that can have rows in the spans. */
  readonly files: readonly AddFile[]
}

/** By which columns a table has its windows in files. */
export interface DayColumns {
  /** The partition column. */
  readonly day: string
  readonly time: string
}

/** Of the scored table. */
export const scoredDays = ({ eventTime }: Stream): DayColumns => ({ day: eventDate, time: eventTime })

/** Of the summary. */
export const summaryDays: DayColumns = { day: '_window_date', time: 'window_start' }

/** @param windows ascending */
export function filesByDay(
  { metadata, schema, files }: Pick<Snapshot, 'metadata' | 'schema' | 'files'>,
  columns: DayColumns,
  windows: readonly bigint[],
): readonly Day[] {
  const skipper = new FileSkipper({ ...metadata, schema })
  const days = new Map<number, bigint[]>()
  for (const window of windows) {
    const day = dayOf(window)
    const known = days.get(day)
    if (known === undefined) days.set(day, [window])
    else known.push(window)
  }
  return [...days].map(([day, own]) => {
    const spans = spansOf(own)
    const wanted: Predicate = {
      op: 'and',
      of: [{ op: '=', column: columnKey([columns.day]), value: day }, within(columnKey([columns.time]), spans)],
    }
    const there = files.filter(file => skipper.match(file, wanted) !== 'no')
    return { day: partitionDay(day), windows: own, spans, files: there }
  })
}

/** Windows that are computed at once, from `from` to before `to`, microseconds, and the files that can have rows of them. */
export interface WindowPiece {
  readonly from: bigint
  readonly to: bigint
  readonly files: readonly AddFile[]
}

/**
 * How many times the rows of other work can be summarised at once: of each, only the numbers are in memory that quantiles
 * are computed of.
 */
const rowsFactor = 8

/** The days' windows in pieces of as many rows as there is memory for, by the files' statistics; a window is never parted. */
export function windowPieces(
  stream: Stream,
  scored: Snapshot,
  days: readonly Day[],
  { rows }: PieceBounds,
): readonly WindowPiece[] {
  const most = rows * rowsFactor
  const skipper = new FileSkipper({ ...scored.metadata, schema: scored.schema })
  const time = columnKey([stream.eventTime])
  const parts = days.flatMap(({ windows, files }) => {
    const there = rowsIn(files)
    const atOnce = Math.max(1, Math.floor(windows.length / Math.ceil(there / most)))
    return chunks(windows, () => 1, atOnce).map(own => {
      const wanted = within(time, spansOf(own))
      return {
        windows: own,
        files: atOnce >= windows.length ? files : files.filter(file => skipper.match(file, wanted) !== 'no'),
        rows: (there * own.length) / windows.length,
      }
    })
  })
  return chunks(parts, part => part.rows, most).map(piece => ({
    from: piece[0]?.windows[0] ?? 0n,
    to: (piece.at(-1)?.windows.at(-1) ?? 0n) + windowMicros,
    files: [...new Set(piece.flatMap(({ files }) => files))],
  }))
}

/** Whether a time lies in one of the spans. */
function within(column: string, spans: readonly Span[]): Predicate {
  const between = ({ from, to }: Span): Predicate => ({
    op: 'and',
    of: [
      { op: '>=', column, value: from },
      { op: '<', column, value: to },
    ],
  })
  return { op: 'or', of: spans.map(between) }
}
