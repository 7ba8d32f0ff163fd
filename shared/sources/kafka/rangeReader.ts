import type { OffsetRange, SourceBatch } from '../source.js'
import { batchDamaged, outOfRange } from '../sourceError.js'
import type { Cluster } from './cluster.js'
import { RangeFetcher, type RangeReaderOptions } from './rangeFetcher.js'
import { sourceBatchesOf } from './sourceBatches.js'

const emptyWaitMs = 500

/**
 * Reads a range of one partition from its leader, the next fetch under way while the caller works on the last.
 *
 * @throws SourceError SOURCE_OUT_OF_RANGE, SOURCE_CORRUPT, or a broker's failure that has gone on for too long
 */
export async function* readRange(
  cluster: Cluster,
  topic: string,
  range: OffsetRange,
  options: RangeReaderOptions,
): AsyncGenerator<SourceBatch, void, undefined> {
  const { partition, start, end } = range
  const { verifyChecksum, wantedBytes = Infinity } = options
  if (start < 0n || start > end) throw outOfRange(topic, range, {})
  const fetcher = new RangeFetcher(cluster, topic, range, options)
  let position = start
  let fetchedBytes = 0
  let emptyAnswers = 0
  let cutAnswers = 0

  while (position < end) {
    const fetched = await fetcher.answer(position)
    const { response, headers, damage } = fetched
    const last = headers.at(-1)
    const next = last === undefined || last.lastOffset < position ? position : last.lastOffset + 1n
    if (next === position) {
      // Bytes are no hole: what cannot be read is not to be covered.
      if (damage !== undefined) throw damage
      if (response.records.length > 0 && headers.length === 0) {
        if (++cutAnswers > 1)
          throw batchDamaged(topic, partition, position, `has no end in ${response.records.length} bytes`)
      } else if (response.throttleTime === 0 && ++emptyAnswers > 1) {
        // Nothing lies between here and the last stable offset: compaction took the rest of the log. Twice, because a
        // broker may also answer with nothing for reasons of its own.
        yield { partition, records: [], position: end, holes: end - position }
        return
      }
      fetcher.begin(position, emptyWaitMs)
      continue
    }
    emptyAnswers = 0
    cutAnswers = 0
    fetchedBytes += response.records.length
    // One like it would be too many: who reads may be done before.
    if (next < end && fetchedBytes + response.records.length <= wantedBytes) fetcher.begin(next)
    const reached = next < end ? next : end
    yield* sourceBatchesOf(fetched, { topic, partition, start: position, end, verifyChecksum }, reached)
    position = reached
  }
}
