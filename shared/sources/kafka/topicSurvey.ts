import type { PartitionOffsets, TopicSurvey } from '../source.js'
import { partitionMissing, SourceError } from '../sourceError.js'
import type { Cluster } from './cluster.js'
import { codes, connectionFault, protocolFault } from './kafkaErrors.js'
import { earliest, type Isolation, isolation, latest, requestOffsets } from './protocol.js'
import { Backoff, offsetsOf, type RetryOptions } from './retry.js'

/** An election takes a second or two; what has no leader for longer is not to hold the others up. */
const electionMs = 5_000

/** Asks the leaders of every partition of a topic; see `Source.survey`. */
export async function surveyTopic(cluster: Cluster, topic: string, options: RetryOptions): Promise<TopicSurvey> {
  const forAll = new Backoff(options, offsetsOf(topic))
  const forSome = new Backoff(
    { ...options, retryTimeoutMs: Math.min(options.retryTimeoutMs, electionMs) },
    offsetsOf(topic),
  )
  for (;;) {
    // Partitions may have been added since the last attempt, and leaders found.
    cluster.forget(topic)
    let survey: TopicSurvey
    try {
      survey = await forAll.during(surveyOnce(cluster, topic))
    } catch (error) {
      await forAll.wait(error)
      continue
    }
    const { partitions, unavailable } = survey
    const passing = unavailable.find(({ error }) => error.retryable)?.error
    if (partitions.length === 0) await forAll.wait(passing ?? unavailable[0]?.error)
    else if (passing === undefined || !(await forSome.tryAgain(passing))) return survey
  }
}

/** Every partition by its leader, all leaders at once. @throws SourceError when the topic's leaders cannot be learnt */
export async function surveyOnce(cluster: Cluster, topic: string): Promise<TopicSurvey> {
  const partitions: PartitionOffsets[] = []
  const unavailable = new Map<number, SourceError>()
  const leaders = await cluster.leaders(topic)
  const byLeader = Map.groupBy(leaders, ([, address]) => address)
  await Promise.all(
    Array.from(byLeader, async ([address, entries]) => {
      const asked = entries.map(([partition]) => partition)
      const led = { address, partitions: asked }
      try {
        const [starts, ends, written] = await Promise.all([
          listOffsets(cluster, topic, led, earliest),
          listOffsets(cluster, topic, led, latest),
          listOffsets(cluster, topic, led, latest, isolation.uncommitted),
        ])
        for (const partition of asked) {
          const found = [starts.get(partition), ends.get(partition), written.get(partition)]
          const fault = found.find(one => one instanceof SourceError)
          const [start, end, high] = found
          if (fault !== undefined) unavailable.set(partition, fault)
          else if (typeof start !== 'bigint' || typeof end !== 'bigint')
            unavailable.set(partition, partitionMissing(topic, partition))
          else {
            // The answers come one after the other: what was committed between them is not behind a transaction.
            const highWatermark = typeof high === 'bigint' && high > end ? high : end
            partitions.push({ partition, start, end, highWatermark })
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof SourceError)) throw thrown
        for (const partition of asked) unavailable.set(partition, thrown)
      }
    }),
  )
  return {
    partitions: partitions.toSorted((a, b) => a.partition - b.partition),
    unavailable: Array.from(unavailable, ([partition, error]) => ({ partition, error })).toSorted(
      (a, b) => a.partition - b.partition,
    ),
  }
}

/** Partitions of a topic that one broker leads. */
export interface LeaderPartitions {
  /** Of the broker; undefined for partitions without a leader. */
  readonly address: string | undefined
  readonly partitions: readonly number[]
}

/**
 * Offsets of partitions that one broker leads, each with its own outcome.
 * @param timestamp milliseconds, or `earliest`, or `latest`
 */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  { address, partitions }: LeaderPartitions,
  timestamp: bigint,
  level: Isolation = isolation.committed,
): Promise<ReadonlyMap<number, bigint | SourceError>> {
  if (address === undefined)
    return new Map(partitions.map(partition => [partition, protocolFault(codes.leaderNotAvailable, topic, partition)]))
  const node = await cluster.node(address)
  try {
    const answers = await requestOffsets(node, topic, partitions, timestamp, level)
    return new Map(
      answers.map(({ partition, errorCode, offset }) => [
        partition,
        errorCode === codes.none ? offset : protocolFault(errorCode, topic, partition),
      ]),
    )
  } catch (thrown) {
    cluster.forget(topic, node)
    throw connectionFault(thrown, address)
  }
}
