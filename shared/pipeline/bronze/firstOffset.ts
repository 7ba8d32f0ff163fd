import type { Stream } from '../../contract/index.js'
import type { PartitionOffsets, Source, SourceRecord } from '../../sources/index.js'

/**
 * The offset at which a partition that was never ingested begins, by the stream's `startFrom`. For `latest` that is the
 * log's start too: the partitions that were there when the table began are pinned (see pinStartOffset.ts), so that one without
 * progress was added later, and all it holds arrived since.
 *
 * @param delivered what was delivered of the partition. Retention may have deleted it in the source meanwhile: what was
 * delivered stands all the same
 */
export async function firstOffset(
  source: Source,
  stream: Stream,
  log: PartitionOffsets,
  delivered: readonly Pick<SourceRecord, 'offset' | 'timestamp'>[] = [],
): Promise<bigint> {
  const { startFrom } = stream
  if (typeof startFrom === 'string')
    return delivered.reduce((first, { offset }) => (offset < first ? offset : first), log.start)
  const found = await source.offsetAt(stream.topic, log.partition, startFrom.timestamp)
  return delivered.reduce(
    (first, r) => (r.timestamp >= startFrom.timestamp && r.offset < first ? r.offset : first),
    found,
  )
}
