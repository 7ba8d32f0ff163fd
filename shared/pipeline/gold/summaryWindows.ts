import { type Stream, summaryWindowMs } from '../../contract/index.js'
import { identifier } from '../../query/index.js'
import { dayOf, partitionDay } from '../incremental/index.js'

/** The length of a summary's window, microseconds. */
export const windowMicros = BigInt(summaryWindowMs) * 1000n

/** The day that a window is of, as the partition value has it. */
export const windowDay = (start: bigint): string => partitionDay(dayOf(start))

/** The beginning of an event's window, microseconds as BIGINT; before 1970 too, where division cuts upwards. */
export function windowOf(stream: Stream): string {
  const time = `epoch_us(${identifier(stream.eventTime)})`
  return `(${time} - ((${time} % ${windowMicros}) + ${windowMicros}) % ${windowMicros})`
}

/** A stretch of event time, microseconds, `from` included and `to` not. */
export interface Span {
  readonly from: bigint
  readonly to: bigint
}

/** Windows nearer than this are read as one stretch: files hold about so much time, or more. */
const nearby = 6n * windowMicros

/** Stretches of time that cover the windows, none across midnight. */
export function spansOf(windows: readonly bigint[]): readonly Span[] {
  const spans: { from: bigint; to: bigint }[] = []
  for (const from of windows.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = spans.at(-1)
    if (last !== undefined && from - last.to <= nearby && dayOf(last.from) === dayOf(from))
      last.to = from + windowMicros
    else spans.push({ from, to: from + windowMicros })
  }
  return spans
}
