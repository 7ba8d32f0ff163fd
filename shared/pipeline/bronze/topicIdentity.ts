import type { PartitionOffsets, Source, SourceRecord } from '../../sources/source.js'
import { SourceError } from '../../sources/sourceError.js'
import { PipelineError } from '../pipelineError.js'
import { recordDigest } from './digest.js'
import type { PartitionProgress } from './progress.js'

/**
 * Whether a partition is still the one that was ingested. A low offset alone says nothing (groups are reset,
 * deliveries repeat): the topic was re-created or truncated when its end lies at or below what is covered, or when
 * another record stands at the covered offset.
 *
 * @param log the partition's log, looked up after `progress` was read: an end that is older than the progress would be
 * taken for a truncated log
 * @param tail the record at the covered offset as it was delivered, if it was: the source is asked only when it differs
 * @returns the error that stops the partition, or undefined
 */
export async function checkIdentity(
  source: Source,
  topic: string,
  progress: PartitionProgress,
  log: PartitionOffsets,
  tail?: SourceRecord,
): Promise<PipelineError | undefined> {
  const { partition, covered, start } = progress
  if (covered < start) return undefined
  if (log.end <= covered) {
    return recreated(topic, progress, `its log now ends at offset ${log.end}, but bronze holds offsets up to ${covered}`)
  }
  if (log.start > covered) return undefined
  if (tail !== undefined && recordDigest(tail) === progress.tail) return undefined
  const found = await recordAt(source, topic, partition, covered)
  // A record can be compacted away; none can appear where there was none.
  if (found === undefined || recordDigest(found) === progress.tail) return undefined
  const finding = progress.tail === 0n ? 'where bronze found none' : 'which is not the one bronze holds'
  return recreated(topic, progress, `there is a record at offset ${covered} ${finding}`)
}

async function recordAt(source: Source, topic: string, partition: number, offset: bigint): Promise<SourceRecord | undefined> {
  try {
    for await (const batch of source.read(topic, { partition, start: offset, end: offset + 1n })) {
      for (const record of batch.records) if (record.offset === offset) return record
    }
  } catch (error) {
    // Retention has passed the offset since its log was looked at: nothing is left to compare.
    if (!(error instanceof SourceError && error.code === 'SOURCE_OUT_OF_RANGE')) throw error
  }
  return undefined
}

function recreated(topic: string, progress: PartitionProgress, finding: string): PipelineError {
  const { partition, generation, covered } = progress
  return new PipelineError(
    'TOPIC_RECREATED',
    `Topic ${topic}, partition ${partition}, was re-created or truncated: ${finding}. Nothing more of it is ingested. ` +
      `If the new topic is meant to continue the table, run: lake reset-offsets <stream>`,
    { data: { topic, partition, generation, covered } },
  )
}
