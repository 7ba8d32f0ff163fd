import type { NamedFeature, Stream } from '../../contract/index.js'
import { type DuckDbSession, identifier } from '../../query/index.js'
import { dayMicros } from '../incremental/index.js'

/**
 * Says that the hour of day was learned from part of a day only.
 *
 * @param relation the rows of the training
 * @returns `undefined` when they span a day, or no feature is an hour of day
 */
export async function shortSpanNote(
  session: DuckDbSession,
  stream: Stream,
  relation: string,
  features: readonly NamedFeature[],
): Promise<string | undefined> {
  const hour = features.find(({ kind }) => kind === 'hour')
  if (hour === undefined) return undefined
  const time = identifier(stream.eventTime)
  const shown = (which: string) => `strftime(make_timestamp(epoch_us(${which}(${time}))), '%Y-%m-%d %H:%M')`
  const row = await session.row(
    `SELECT max(epoch_us(${time})) - min(epoch_us(${time})) < ${dayMicros} AS short, ${shown('min')} AS first, ${shown('max')} AS last FROM ${relation}`,
  )
  if (row['short'] !== true) return undefined
  const [first, last] = [row['first'] as string, row['last'] as string]
  return `The rows that it was trained on are from ${first} to ${last} UTC, less than a day: the feature ${hour.name} was learned from those hours only, and other hours score as the nearest of them. Train again when silver has some days.`
}
