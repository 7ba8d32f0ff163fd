import type { PartitionOffsets, Source, SourceRecord } from '../../sources/source.js'
import { PipelineError } from '../pipelineError.js'
import { recordDigest } from './digest.js'
import type { PartitionProgress } from './progress.js'

/**
 * Whether a partition is still the one that was ingested. A low offset alone says nothing (groups are reset,
 * deliveries repeat): the topic was re-created or truncated when its end lies at or below what is covered, or when
 * another record stands at the covered offset.
 *
 * @param tail the record at the covered offset when the caller has it; read from the source otherwise
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
  if (progress.tail === 0n || log.start > covered) return undefined
  const found = tail ?? (await recordAt(source, topic, partition, covered))
  if (found === undefined || recordDigest(found) === progress.tail) return undefined
  return recreated(topic, progress, `the record at offset ${covered} is not the one bronze holds`)
}

async function recordAt(source: Source, topic: string, partition: number, offset: bigint): Promise<SourceRecord | undefined> {
  for await (const batch of source.read(topic, { partition, start: offset, end: offset + 1n })) {
    for (const record of batch.records) if (record.offset === offset) return record
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
