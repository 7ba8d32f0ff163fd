import {
  type OffsetRange,
  type PartitionOffsets,
  type ReadOptions,
  type Source,
  type SourceBatch,
  SourceError,
} from '../../sources/index.js'

/** A part of a range as the source has it now. */
export type RangePart =
  | { readonly kind: 'read'; readonly from: bigint; readonly batch: SourceBatch }
  /** Deleted by retention before anybody read it. */
  | { readonly kind: 'missing'; readonly range: OffsetRange }

/**
 * Reads a range to its end, saying of every offset whether it was read or is missing. What lies below the log's start
 * is missing; retention may move that start while the range is being read.
 *
 * @param known the partition's log as just looked up; looked up here when absent
 */
export async function* readRangeParts(
  source: Source,
  topic: string,
  range: OffsetRange,
  known?: PartitionOffsets,
  options: ReadOptions = {},
): AsyncGenerator<RangePart> {
  let next = range.start
  let log = known
  while (next < range.end) {
    log ??= (await source.offsets(topic)).find(p => p.partition === range.partition)
    const start = log?.start ?? 0n
    if (start > next) {
      const end = start < range.end ? start : range.end
      yield { kind: 'missing', range: { partition: range.partition, start: next, end } }
      next = end
      continue
    }
    try {
      for await (const batch of source.read(topic, { ...range, start: next }, options)) {
        yield { kind: 'read', from: next, batch }
        next = batch.position
      }
    } catch (error) {
      if (!(error instanceof SourceError && error.code === 'SOURCE_OUT_OF_RANGE')) throw error
      const moved = (await source.offsets(topic)).find(p => p.partition === range.partition)
      // Only a start that moved explains it; anything else would be asked again for ever.
      if (moved === undefined || moved.start <= next) throw error
      log = moved
      continue
    }
    if (next < range.end) {
      const { partition, end } = range
      throw new SourceError(
        'SOURCE_UNREACHABLE',
        `Reading ${topic}/${partition} broke off at offset ${next} of ${end}.`,
        { retryable: true },
      )
    }
  }
}
