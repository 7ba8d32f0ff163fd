import type { Identified } from '../source.js'
import { partitionMissing, SourceError, topicMissing } from '../sourceError.js'
import type { Cluster, Leaders } from './cluster.js'
import { type EpochEnd, type IdentifiedTopic, requestEpochEnds, requestTopicIdentity } from './identityRequests.js'
import { codes, connectionFault, protocolFault } from './kafkaErrors.js'
import type { BrokerNode } from './kafkajsInternals.js'
import { Backoff, type RetryOptions } from './retry.js'

/** How identities are asked for; whatever `retryTimeoutMs` says, no longer than a few seconds. */
export interface IdentityOptions extends RetryOptions {
  /** False asks as if the broker knew no topic ids. */
  readonly topicIds: boolean
}

/** Asked before every commit: a partition without a leader must not hold the others up for long. */
const longestRetryMs = 5_000

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
    { ...options, retryTimeoutMs: Math.min(options.retryTimeoutMs, longestRetryMs) },
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
      if (address === undefined) {
        cluster.forget(topic)
        for (const [partition] of entries) faults.set(partition, withoutLeader(leaders, topic, partition))
        return
      }
      try {
        const outcomes = await identifyLed(cluster, address, topic, new Map(entries), topicIds)
        for (const [partition, outcome] of outcomes) {
          if (outcome instanceof SourceError) faults.set(partition, outcome)
          else found.set(partition, outcome)
        }
      } catch (thrown) {
        fail(
          entries.map(([partition]) => partition),
          thrown,
        )
      }
    }),
  )
  return faults
}

function withoutLeader(leaders: Leaders, topic: string, partition: number): SourceError {
  return leaders.has(partition)
    ? protocolFault(codes.leaderNotAvailable, topic, partition)
    : partitionMissing(topic, partition)
}

/** What the leader of partitions says of each. @throws SourceError when it cannot be asked */
async function identifyLed(
  cluster: Cluster,
  address: string,
  topic: string,
  asked: ReadonlyMap<number, number | undefined>,
  topicIds: boolean,
): Promise<ReadonlyMap<number, Identified | SourceError>> {
  const node = await cluster.node(address)
  const about = await askLeader(cluster, node, topic, topicIds)
  const there = new Map(about.partitions.map(partition => [partition.partition, partition]))
  const outcomes = new Map<number, Identified | SourceError>()
  const led: number[] = []
  const epochs: [number, number][] = []
  for (const [partition, epoch] of asked) {
    const its = there.get(partition)
    if (its?.leader !== address) {
      outcomes.set(partition, protocolFault(codes.leaderNotAvailable, topic, partition))
      continue
    }
    led.push(partition)
    if (epoch !== undefined && its.epoch !== epoch) epochs.push([partition, epoch])
  }
  const ends = await askEnds(cluster, node, topic, epochs)
  if (outcomes.size > 0) cluster.forget(topic)
  for (const partition of led) {
    const end = ends.get(partition)
    if (end !== undefined && end.errorCode !== codes.none && end.errorCode !== unauthorized)
      outcomes.set(partition, protocolFault(end.errorCode, topic, partition))
    else {
      const epoch = there.get(partition)?.epoch
      outcomes.set(partition, { kind: 'known', topicId: about.topicId, epoch, epochEnd: end?.end })
    }
  }
  return outcomes
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
