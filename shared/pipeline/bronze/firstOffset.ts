import type { Stream } from '../../contract/stream.js'
import type { PartitionOffsets, Source } from '../../sources/source.js'

/** The offset at which a partition that was never ingested begins, by the stream's `startFrom`. */
export async function firstOffset(source: Source, stream: Stream, log: PartitionOffsets): Promise<bigint> {
  const { startFrom } = stream
  if (startFrom === 'earliest') return log.start
  if (startFrom === 'latest') return log.end
  return await source.offsetAt(stream.topic, log.partition, startFrom.timestamp)
}
