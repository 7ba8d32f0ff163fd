import { CodedError, type ErrorDetails } from '../errors.js'

/** Everything that can go wrong with a source, as a closed list. */
export const sourceErrorCodes = [
  'SOURCE_TOPIC_MISSING',
  'SOURCE_PARTITION_MISSING',
  'SOURCE_UNREACHABLE',
  'SOURCE_UNAUTHORIZED',
  'SOURCE_SILENT',
  'SOURCE_OUT_OF_RANGE',
  'SOURCE_CODEC_MISSING',
  'SOURCE_FORMAT_OLD',
  'SOURCE_CORRUPT',
  'SOURCE_RECORD_TOO_LARGE',
  'SOURCE_REFUSED',
  'SOURCE_BAD_SETTINGS',
  'SOURCE_CLOSED',
] as const

/** The `code` of a {@link SourceError}. */
export type SourceErrorCode = (typeof sourceErrorCodes)[number]

/** What went wrong between us and Kafka or Event Hubs. */
export class SourceError extends CodedError<SourceErrorCode> {}

/** `SOURCE_TOPIC_MISSING`; the details' own `data` gives way to the topic's name. */
export const topicMissing = (topic: string, details?: ErrorDetails): SourceError =>
  new SourceError('SOURCE_TOPIC_MISSING', `Topic ${topic} does not exist. Create it, or correct the stream's topic.`, {
    ...details,
    data: { topic },
  })

/** `SOURCE_PARTITION_MISSING`, with topic and partition in its data. */
export const partitionMissing = (topic: string, partition: number): SourceError =>
  new SourceError(
    'SOURCE_PARTITION_MISSING',
    `Topic ${topic} has no partition ${partition}. Ask for its offsets first.`,
    {
      data: { topic, partition },
    },
  )

/** Nothing came although the log goes on: no proof of anything, so nothing is passed over. */
export function silent(
  topic: string,
  asked: { readonly partition: number; readonly start: bigint; readonly end: bigint },
  ms: number,
  cause?: unknown,
): SourceError {
  const { partition, start, end } = asked
  const waited = ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 1_000)} s`
  const compacted = 'Where compaction has removed the last events of a log, the next event settles it'
  return new SourceError(
    'SOURCE_SILENT',
    `No event of ${topic}/${partition} came for ${waited}, although offsets ${start} to ${end} were asked for and the log goes that far. ` +
      `Nothing of it is passed over; the next run asks again. ${compacted}.`,
    { retryable: true, cause, data: { topic, partition, start, end } },
  )
}

/** What was asked for against what the log holds (`end` as a read_committed reader sees it). */
export function outOfRange(
  topic: string,
  asked: { readonly partition: number; readonly start: bigint; readonly end: bigint },
  held: { readonly start?: bigint | undefined; readonly end?: bigint | undefined },
): SourceError {
  const { partition, start, end } = asked
  const holds =
    held.start === undefined && held.end === undefined
      ? ''
      : ` The log holds ${held.start ?? '?'} to ${held.end ?? '?'}.`
  return new SourceError(
    'SOURCE_OUT_OF_RANGE',
    `Offsets ${start} to ${end} of ${topic}/${partition} are not all there.${holds} Ask for the offsets again.`,
    { data: { topic, partition, start, end, logStart: held.start, logEnd: held.end } },
  )
}

/** A record batch that cannot be read: its partition stops there, the others go on. */
export const batchDamaged = (
  topic: string,
  partition: number,
  offset: bigint,
  what: string,
  cause?: unknown,
): SourceError =>
  new SourceError(
    'SOURCE_CORRUPT',
    `The record batch at offset ${offset} of ${topic}/${partition} ${what}. The partition stops there; the others go on. ` +
      `Restore the broker's log from a replica, or delete its records up to the end of the batch (kafka-delete-records).`,
    { data: { topic, partition, offset }, cause },
  )
