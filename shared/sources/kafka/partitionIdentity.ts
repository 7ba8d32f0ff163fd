import type { Identified } from '../source.js'
import { partitionMissing, SourceError, topicMissing } from '../sourceError.js'
import type { Cluster, Leaders } from './cluster.js'
import { codes, connectionFault, protocolFault } from './faults.js'
import { type EpochEnd, type IdentifiedTopic, requestEpochEnds, requestTopicIdentity } from './identityRequests.js'
import type { BrokerNode } from './kafkajsInternals.js'
import { Backoff, type Patience } from './retry.js'

/** How identities are asked for; whatever `patienceMs` says, no longer than a few seconds. */
export interface IdentityOptions extends Patience {
  /** False asks as if the broker knew no topic ids. */
  readonly topicIds: boolean
}

/** Asked before every commit: a partition without a leader must not hold the others up for long. */
const longestPatienceMs = 5_000

const unauthorized = 29

/**
 * What identifies those partitions now, each asked of its own leader: that one knows which log it serves, while another
 * broker's metadata may lag behind a topic that was recreated. A partition that cannot be asked does not affect others.
 */
export async function identifyPartitions(
  cluster: Cluster,
  topic: string,
  asked: ReadonlyMap<number, number | undefined>,
  options: IdentityOptions,
): Promise<ReadonlyMap<number, Identified>> {
  const found = new Map<number, Identified>()
  const backoff = new Backoff(
    { ...options, patienceMs: Math.min(options.patienceMs, longestPatienceMs) },
    `asking what identifies ${topic}`,
  )
  for (;;) {
    const left = new Map(Array.from(asked).filter(([partition]) => !found.has(partition)))
    const faults = await identifyOnce(cluster, topic, left, options.topicIds, found)
    let waitFor: SourceError | undefined
    for (const [partition, error] of faults) {
      // A topic that was just created is not known to every broker at once.
      if (error.retryable || error.code === 'SOURCE_TOPIC_MISSING') waitFor ??= error
      else found.set(partition, { kind: 'failed', error })
    }
    if (waitFor === undefined) return found
    try {
      await backoff.wait(waitFor)
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      for (const [partition, error] of faults) found.set(partition, { kind: 'failed', error })
      return found
    }
  }
}

/** @returns what went wrong, by partition; those that could be asked are put into `found` */
async function identifyOnce(
  cluster: Cluster,
  topic: string,
  asked: ReadonlyMap<number, number | undefined>,
  topicIds: boolean,
  found: Map<number, Identified>,
): Promise<ReadonlyMap<number, SourceError>> {
  const faults = new Map<number, SourceError>()
  const fail = (partitions: Iterable<number>, thrown: unknown) => {
    if (!(thrown instanceof SourceError)) throw thrown
    for (const partition of partitions) faults.set(partition, thrown)
  }
  let leaders: Leaders
  try {
    leaders = await cluster.leaders(topic)
  } catch (thrown) {
    fail(asked.keys(), thrown)
    return faults
  }
  const byLeader = Map.groupBy(asked, ([partition]) => leaders.get(partition))
  await Promise.all(
    Array.from(byLeader, async ([address, entries]) => {
      const partitions = entries.map(([partition]) => partition)
      try {
        if (address === undefined) {
          cluster.forget(topic)
          for (const partition of partitions) {
            const isThere = leaders.has(partition)
            faults.set(
              partition,
              isThere ? protocolFault(codes.leaderNotAvailable, topic, partition) : partitionMissing(topic, partition),
            )
          }
          return
        }
        const node = await cluster.node(address)
        const about = await askLeader(cluster, node, topic, topicIds)
        const there = new Map(about.partitions.map(partition => [partition.partition, partition]))
        const moved: number[] = []
        const epochs: [number, number][] = []
        for (const [partition, epoch] of entries) {
          const its = there.get(partition)
          if (its?.leader !== address) moved.push(partition)
          else if (epoch !== undefined && its.epoch !== epoch) epochs.push([partition, epoch])
        }
        const ends = await askEnds(cluster, node, topic, epochs)
        for (const [partition] of entries) {
          if (moved.includes(partition)) continue
          const end = ends.get(partition)
          if (end !== undefined && end.errorCode !== codes.none && end.errorCode !== unauthorized) {
            faults.set(partition, protocolFault(end.errorCode, topic, partition))
            continue
          }
          found.set(partition, {
            kind: 'known',
            topicId: about.topicId,
            epoch: there.get(partition)?.epoch,
            epochEnd: end?.end,
          })
        }
        if (moved.length > 0) {
          cluster.forget(topic)
          for (const partition of moved)
            faults.set(partition, protocolFault(codes.leaderNotAvailable, topic, partition))
        }
      } catch (thrown) {
        fail(partitions, thrown)
      }
    }),
  )
  return faults
}

async function askLeader(
  cluster: Cluster,
  node: BrokerNode,
  topic: string,
  topicIds: boolean,
): Promise<IdentifiedTopic> {
  let about: IdentifiedTopic | undefined
  try {
    about = await requestTopicIdentity(node, topic, topicIds)
  } catch (thrown) {
    cluster.forget(topic, node)
    throw connectionFault(thrown, `${node.host}:${node.port}`)
  }
  if (about?.errorCode === codes.none) return about
  cluster.forget(topic)
  if (about === undefined || about.errorCode === codes.unknownTopicOrPartition) throw topicMissing(topic)
  throw protocolFault(about.errorCode, topic)
}

async function askEnds(
  cluster: Cluster,
  node: BrokerNode,
  topic: string,
  asked: readonly (readonly [number, number])[],
): Promise<ReadonlyMap<number, EpochEnd>> {
  if (asked.length === 0) return new Map()
  try {
    return new Map((await requestEpochEnds(node, topic, asked))?.map(end => [end.partition, end]))
  } catch (thrown) {
    cluster.forget(topic, node)
    throw connectionFault(thrown, `${node.host}:${node.port}`)
  }
}
