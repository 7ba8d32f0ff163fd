import type { NamedFeature, Stream } from '../../contract/index.js'
import { type EventSpan, hoursOfPartOfDay } from '../../models/drift/index.js'
import { type DuckDbSession, identifier } from '../../query/index.js'

/**
 * From the first event of a relation to its last; `undefined` when it has no rows, or times beyond what a Date can hold.
 *
 * @param relation the rows of the training
 */
export async function eventSpan(
  session: DuckDbSession,
  stream: Stream,
  relation: string,
): Promise<EventSpan | undefined> {
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const row = await session.row(
    `SELECT CAST(min(${time}) AS DOUBLE) / 1000 AS first, CAST(max(${time}) AS DOUBLE) / 1000 AS last FROM ${relation}`,
  )
  const [first, last] = [row['first'], row['last']]
  const isTime = (ms: unknown): ms is number => typeof ms === 'number' && Math.abs(ms) < maxTime
  return isTime(first) && isTime(last) ? { first: Math.floor(first), last: Math.floor(last) } : undefined
}

/** Of year 9999. */
const maxTime = 253_402_300_800_000

/**
 * Says that the hour of day was learned from part of a day only.
 * @returns `undefined` when the rows come by all hours, or no feature is an hour of day
 */
export function shortSpanNote(span: EventSpan | undefined, features: readonly NamedFeature[]): string | undefined {
  const hour = features.find(({ kind }) => kind === 'hour')
  const hours = span === undefined ? undefined : hoursOfPartOfDay(span)
  if (hour === undefined || span === undefined || hours === undefined) return undefined
  const shown = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  return `The rows that it was trained on are from ${shown(span.first)} to ${shown(span.last)} UTC, ${hours} only: the feature ${hour.name} was learned from those, and other hours score as the nearest of them. Train again when silver has some days.`
}
