import { ByteReader, ByteWriter } from './bytes.js'
import type { BrokerNode } from './kafkajsInternals.js'
import { readMetadataBrokers } from './protocol.js'

// Beside kafkajs, which ends at Metadata 6 and has no OffsetForLeaderEpoch. See the Kafka protocol guide, and KIP-482 for
// the flexible versions: lengths as unsigned varints, tagged fields after every structure and in the headers.
const metadata = { apiKey: 3, apiName: 'Metadata' } as const
const offsetForLeaderEpoch = { apiKey: 23, apiName: 'OffsetForLeaderEpoch' } as const

const withTopicIds = 10
const withLeaderEpochs = 7

/** A topic in a Metadata response; `errorCode` is Kafka's, 0 for none. */
export interface IdentifiedTopic {
  readonly errorCode: number
  /** 128 bits; undefined when the broker knows no ids or has none for the topic. */
  readonly topicId: bigint | undefined
  readonly partitions: readonly IdentifiedPartition[]
}

/** A partition in a Metadata response, with the leader epoch that distinguishes one log from its successor. */
export interface IdentifiedPartition {
  readonly errorCode: number
  readonly partition: number
  /** `host:port`; undefined when there is no leader. */
  readonly leader: string | undefined
  /** Undefined when the broker knows none. */
  readonly epoch: number | undefined
}

/**
 * The topic as that broker knows it, with its id (Kafka 2.8 and later) and its leader epochs (2.1 and later).
 *
 * @param topicIds false asks as if the broker knew no ids
 * @returns undefined when the broker says nothing of the topic
 */
export async function requestTopicIdentity(
  node: BrokerNode,
  topic: string,
  topicIds = true,
): Promise<IdentifiedTopic | undefined> {
  const newest = node.newestVersion(metadata.apiKey) ?? 4
  if (topicIds && newest >= withTopicIds) return requestFlexible(node, topic)
  const version = newest >= withLeaderEpochs ? withLeaderEpochs : 4
  const body = new ByteWriter().int32(1).string(topic).int8(0)
  const reader = new ByteReader(await node.send({ ...metadata, apiVersion: version, body: body.finish() }))
  const addresses = new Map(readMetadataBrokers(reader).map(({ id, host, port }) => [id, `${host}:${port}`]))
  const topics = reader.array(() => {
    const errorCode = reader.int16()
    reader.string() // name
    reader.int8() // internal
    const partitions = reader.array((): IdentifiedPartition => {
      const partitionError = reader.int16()
      const partition = reader.int32()
      const leader = addresses.get(reader.int32())
      const epoch = version >= withLeaderEpochs ? known(reader.int32()) : undefined
      reader.array(() => reader.int32()) // replicas
      reader.array(() => reader.int32()) // in sync
      if (version >= 5) reader.array(() => reader.int32()) // offline
      return { errorCode: partitionError, partition, leader, epoch }
    })
    return { errorCode, topicId: undefined, partitions }
  })
  return topics[0]
}

async function requestFlexible(node: BrokerNode, topic: string): Promise<IdentifiedTopic | undefined> {
  const body = new ByteWriter()
  body.int8(0) // tagged fields of the request's header
  unsignedVarint(body, 1 + 1) // one topic
  body.int64(0n).int64(0n) // asked for by name, not by id
  const name = Buffer.from(topic)
  unsignedVarint(body, name.length + 1)
  body.raw(name)
  body.int8(0)
  body.int8(0).int8(0).int8(0) // do not create it, leave authorized operations out
  body.int8(0)
  const reader = new FlexibleReader(await node.send({ ...metadata, apiVersion: withTopicIds, body: body.finish() }))
  reader.tags() // of the response's header
  reader.int32() // throttle time
  const addresses = new Map(
    reader.compactArray(() => {
      const broker = [reader.int32(), `${reader.compactString()}:${reader.int32()}`] as const
      reader.compactString() // rack
      reader.tags()
      return broker
    }),
  )
  reader.compactString() // cluster id
  reader.int32() // controller
  const topics = reader.compactArray(() => {
    const errorCode = reader.int16()
    reader.compactString() // name
    const topicId = (BigInt.asUintN(64, reader.int64()) << 64n) | BigInt.asUintN(64, reader.int64())
    reader.int8() // internal
    const partitions = reader.compactArray((): IdentifiedPartition => {
      const partitionError = reader.int16()
      const partition = reader.int32()
      const leader = addresses.get(reader.int32())
      const epoch = known(reader.int32())
      for (let n = 0; n < 3; n++) reader.compactArray(() => reader.int32()) // replicas, in sync, offline
      reader.tags()
      return { errorCode: partitionError, partition, leader, epoch }
    })
    reader.int32() // authorized operations
    reader.tags()
    return { errorCode, topicId: topicId === 0n ? undefined : topicId, partitions }
  })
  return topics[0]
}

/** A partition's answer to OffsetForLeaderEpoch; `errorCode` is Kafka's, 0 for none. */
export interface EpochEnd {
  readonly errorCode: number
  readonly partition: number
  /** One past the last offset of the epoch asked about and those before it; undefined when the log does not know it. */
  readonly end: bigint | undefined
}

/**
 * Where leader epochs end in the logs that this broker leads.
 *
 * @param asked partitions and epochs
 * @returns undefined when the broker does not know the request
 */
export async function requestEpochEnds(
  node: BrokerNode,
  topic: string,
  asked: readonly (readonly [partition: number, epoch: number])[],
): Promise<readonly EpochEnd[] | undefined> {
  const newest = node.newestVersion(offsetForLeaderEpoch.apiKey)
  if (newest === undefined) return undefined
  const version = Math.min(3, newest)
  const body = new ByteWriter()
  if (version >= 3) body.int32(-1) // not a replica
  body
    .int32(1)
    .string(topic)
    .array(asked, ([partition, epoch]) => {
      body.int32(partition)
      if (version >= 2) body.int32(-1) // whatever the leader's epoch is now
      body.int32(epoch)
    })
  const reader = new ByteReader(await node.send({ ...offsetForLeaderEpoch, apiVersion: version, body: body.finish() }))
  if (version >= 2) reader.int32() // throttle time
  return reader
    .array(() => {
      reader.string() // topic
      return reader.array((): EpochEnd => {
        const errorCode = reader.int16()
        const partition = reader.int32()
        if (version >= 1) reader.int32() // the epoch that ends there
        const end = reader.int64()
        return { errorCode, partition, end: end < 0n ? undefined : end }
      })
    })
    .flat()
}

class FlexibleReader extends ByteReader {
  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.int8() & 0xff
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Null counts as empty. */
  compactString(): string {
    return this.#compactBytes(this.unsignedVarint() - 1).toString('utf8')
  }

  compactArray<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.unsignedVarint() - 1) }, item)
  }

  /** Passes over the tagged fields of a structure. */
  tags(): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint() // tag
      this.#compactBytes(this.unsignedVarint())
    }
  }

  #compactBytes(length: number): Buffer {
    return Buffer.from(Array.from({ length: Math.max(0, length) }, () => this.int8()))
  }
}

function unsignedVarint(body: ByteWriter, value: number): void {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) body.raw(Buffer.of((rest % 0x80) | 0x80))
  body.raw(Buffer.of(rest))
}

const known = (epoch: number): number | undefined => (epoch < 0 ? undefined : epoch)
