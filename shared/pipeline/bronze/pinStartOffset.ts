import type { Stream } from '../../contract/index.js'
import type { Action } from '../../delta/index.js'
import type { Source } from '../../sources/index.js'
import type { OpenedTable } from '../incremental/index.js'
import { progressTxns, readProgress, touchesPartitions } from './progress.js'
import { identify } from './topicIdentity.js'

/**
 * Writes down where a stream that starts from `latest` begins: at the ends of all partitions, when nothing of the topic
 * is known yet. An end that is not written down moves on with every look, and nothing would ever be ingested.
 *
 * @returns whether the table changed, by this call or by another writer's: it must be opened again then
 */
export async function pinStartOffset(
  source: Source,
  stream: Stream,
  { table, state }: OpenedTable,
  now: number,
): Promise<boolean> {
  const { id } = state.metadata
  if (stream.startFrom !== 'latest' || readProgress(id, stream.topic, state.txns).size > 0) return false
  const partitions = (await source.offsets(stream.topic)).map(({ partition }) => partition)
  // Before the ends: of a topic that is recreated in between, an older id is noticed, an older end would not be.
  const identities = await identify(source, stream.topic, partitions)
  const logs = await source.offsets(stream.topic)
  const pins = logs.map(({ partition, end }) => ({
    ...identities.get(partition),
    partition,
    generation: 0,
    start: end,
    covered: end - 1n,
    coveredDigest: 0n,
    missing: 0n,
    holes: 0n,
    updatedAt: now,
  }))
  const txns = pins.flatMap(pin => progressTxns(id, stream.topic, undefined, pin))
  await table.commit({
    readVersion: state.version,
    actions: txns.map((txn): Action => ({ txn })),
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', topic: stream.topic, startFrom: 'latest' },
    isBlindAppend: true,
    // Of two at once the first pins; both then go on from the same offsets.
    reads: { files: 'none', appIds: touchesPartitions(id, stream.topic, new Set(logs.map(log => log.partition))) },
  })
  return true
}
