import { AssignerProtocol, type Cluster, type PartitionAssigner } from 'kafkajs'

/** What one member of a group subscribed to. */
export interface Subscription {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** Partitions by topic, by member. */
export type Assignment = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>

/**
 * Partitions only to members that subscribed to their topic, topic by topic in turn, as librdkafka and the Java client
 * do. kafkajs's own assigner gives every partition to every member, and what a member did not subscribe to is then
 * read by nobody.
 */
export function assignPartitions(
  members: readonly Subscription[],
  partitionsOf: (topic: string) => readonly number[],
): Assignment {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const assignment = new Map(sorted.map(m => [m.memberId, new Map<string, number[]>()]))
  let turn = 0
  for (const topic of [...new Set(sorted.flatMap(m => m.topics))].sort()) {
    const takers = sorted.filter(m => m.topics.includes(topic))
    for (const partition of partitionsOf(topic).toSorted((a, b) => a - b)) {
      const taker = assignment.get(takers[turn++ % takers.length]?.memberId ?? '')
      taker?.set(topic, [...(taker.get(topic) ?? []), partition])
    }
  }
  return assignment
}

/** What kafkajs's cluster also has, though its types leave it out. */
type KnownCluster = Cluster & {
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[]
}

const name = 'subscription-round-robin'
const version = 0

/**
 * kafkajs's form of {@link assignPartitions}. All members of a group have to know it: Kafka refuses one that shares no
 * assigner with the others.
 */
export const subscriptionAssigner: PartitionAssigner = ({ cluster }) => ({
  name,
  version,
  async assign({ members }) {
    const subscriptions = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      topics: AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [],
    }))
    const known = cluster as KnownCluster
    // The leader knows only the partitions of what it subscribed to itself.
    await known.addMultipleTargetTopics(subscriptions.flatMap(s => s.topics))
    const partitionsOf = (topic: string) => known.findTopicPartitionMetadata(topic).map(p => p.partitionId)
    return [...assignPartitions(subscriptions, partitionsOf)].map(([memberId, topics]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version,
        assignment: Object.fromEntries([...topics].map(([topic, partitions]) => [topic, [...partitions]])),
        userData: Buffer.alloc(0),
      }),
    }))
  },
  protocol: ({ topics }) => ({
    name,
    metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
  }),
})
