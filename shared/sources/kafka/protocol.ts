import type { AbortedTransaction } from './abortedTransactions.js'
import { ByteReader, ByteWriter } from './bytes.js'
import type { BrokerNode } from './kafkajsInternals.js'

// The requests this project makes, in versions that Kafka 0.11 to 4.x and Event Hubs share where they can.
const apiKeys = { Produce: 0, Fetch: 1, ListOffsets: 2, Metadata: 3, InitProducerId: 22 } as const

/** Which end a reader sees: `uncommitted` is the high watermark, `committed` the last stable offset. */
export const isolation = { uncommitted: 0, committed: 1 } as const
/** The `isolation_level` of Fetch and ListOffsets requests. */
export type Isolation = (typeof isolation)[keyof typeof isolation]

/** A Metadata response: every broker of the cluster, and the topics that were asked about. */
export interface ClusterMetadata {
  readonly nodes: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly topics: readonly TopicMetadata[]
}

/** A topic in a Metadata response; `leader` is a broker's id, -1 for none, and error codes are Kafka's. */
export interface TopicMetadata {
  readonly errorCode: number
  readonly topic: string
  readonly partitions: readonly { readonly errorCode: number; readonly partition: number; readonly leader: number }[]
}

/** Metadata of one topic (version 4). A topic that does not exist has an error code in it and is not created. */
export async function requestMetadata(node: BrokerNode, topic: string): Promise<ClusterMetadata> {
  const body = new ByteWriter().int32(1).string(topic).int8(0)
  const reader = new ByteReader(await node.send({ ...api('Metadata', 4), body: body.finish() }))
  const nodes = readMetadataBrokers(reader)
  const topics = reader.array(() => {
    const errorCode = reader.int16()
    const name = reader.string()
    reader.int8() // internal
    const partitions = reader.array(() => {
      const partition = { errorCode: reader.int16(), partition: reader.int32(), leader: reader.int32() }
      reader.array(() => reader.int32()) // replicas
      reader.array(() => reader.int32()) // in sync
      return partition
    })
    return { errorCode, topic: name, partitions }
  })
  return { nodes, topics }
}

/** The brokers at the beginning of an answer to Metadata (versions 3 to 8), up to its topics. */
export function readMetadataBrokers(reader: ByteReader): ClusterMetadata['nodes'] {
  reader.int32() // throttle time
  const nodes = reader.array(() => {
    const at = { id: reader.int32(), host: reader.string(), port: reader.int32() }
    reader.nullableString() // rack
    return at
  })
  reader.nullableString() // cluster id
  reader.int32() // controller
  return nodes
}

/** A partition's answer to ListOffsets; the offset is -1 when no record is as young as the timestamp. */
export interface ListedOffset {
  readonly errorCode: number
  readonly partition: number
  readonly offset: bigint
}

/** As a timestamp of ListOffsets: the first offset that the log still has. */
export const earliest = -2n
/** As read_committed: the last stable offset. */
export const latest = -1n

/** @param timestamp milliseconds, or `earliest`, or `latest` */
export async function requestOffsets(
  node: BrokerNode,
  topic: string,
  partitions: readonly number[],
  timestamp: bigint,
  level: Isolation = isolation.committed,
): Promise<readonly ListedOffset[]> {
  const body = new ByteWriter().int32(-1).int8(level).int32(1).string(topic)
  body.array(partitions, partition => body.int32(partition).int64(timestamp))
  const reader = new ByteReader(await node.send({ ...api('ListOffsets', 2), body: body.finish() }))
  reader.int32() // throttle time
  return reader
    .array(() => {
      reader.string() // topic
      return reader.array(() => {
        const partition = reader.int32()
        const errorCode = reader.int16()
        reader.int64() // timestamp
        return { partition, errorCode, offset: reader.int64() }
      })
    })
    .flat()
}

/** What to fetch of one partition; a first batch longer than `maxBytes` comes whole all the same. */
export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly maxBytes: number
  /** Milliseconds the broker may wait when it has nothing. */
  readonly maxWait: number
}

/** A partition's answer to Fetch; `errorCode` is Kafka's, 0 for none. */
export interface FetchResponse {
  readonly errorCode: number
  /** Milliseconds; the broker leaves the records out when it is above zero. */
  readonly throttleTime: number
  readonly lastStableOffset: bigint
  /** -1 when the broker is too old to say. */
  readonly logStart: bigint
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, the last of which may be cut off. */
  readonly records: Buffer
}

/**
 * Fetches from one partition as read_committed, outside any fetch session, in the newest of versions 4 to 11 the broker
 * has.
 */
export async function requestFetch(node: BrokerNode, request: FetchRequest): Promise<FetchResponse> {
  const version = Math.min(11, node.newestVersion(apiKeys.Fetch) ?? 4)
  const { topic, partition, offset, maxBytes, maxWait } = request
  const body = new ByteWriter().int32(-1).int32(maxWait).int32(1).int32(maxBytes).int8(isolation.committed)
  if (version >= 7) body.int32(0).int32(-1) // no session
  body.int32(1).string(topic).int32(1).int32(partition)
  if (version >= 9) body.int32(-1) // no leader epoch
  body.int64(offset)
  if (version >= 5) body.int64(-1n) // log start: for followers
  body.int32(maxBytes)
  if (version >= 7) body.int32(0) // nothing to forget
  if (version >= 11) body.string('') // no rack
  const timeout = maxWait + 30_000
  const reader = new ByteReader(await node.send({ ...api('Fetch', version), body: body.finish(), timeout }))
  const throttleTime = reader.int32()
  if (version >= 7) {
    const errorCode = reader.int16()
    reader.int32() // session
    if (errorCode !== 0) return { ...nothing, errorCode, throttleTime }
  }
  const answers = reader
    .array(() => {
      reader.string() // topic
      return reader.array((): FetchResponse => {
        reader.int32() // partition
        const errorCode = reader.int16()
        reader.int64() // high watermark
        const lastStableOffset = reader.int64()
        const logStart = version >= 5 ? reader.int64() : -1n
        const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
        if (version >= 11) reader.int32() // preferred replica
        return { errorCode, throttleTime, lastStableOffset, logStart, aborted, records: reader.byteArray() }
      })
    })
    .flat()
  return answers[0] ?? { ...nothing, throttleTime }
}

const nothing: FetchResponse = {
  errorCode: 0,
  throttleTime: 0,
  lastStableOffset: -1n,
  logStart: -1n,
  aborted: [],
  records: Buffer.alloc(0),
}

/** An encoded record batch (message format 2) and where it goes. */
export interface ProducedBatch {
  readonly partition: number
  readonly bytes: Buffer
}

/** A partition's answer to Produce; `errorCode` is Kafka's, 0 when all replicas in sync have the batch. */
export interface ProducedAnswer {
  readonly partition: number
  readonly errorCode: number
}

/** Asks for all replicas. */
export async function requestProduce(
  node: BrokerNode,
  topic: string,
  batches: readonly ProducedBatch[],
): Promise<readonly ProducedAnswer[]> {
  const version = Math.min(7, node.newestVersion(apiKeys.Produce) ?? 3)
  const size = batches.reduce((sum, batch) => sum + batch.bytes.length + 8, 64 + topic.length * 3)
  const body = new ByteWriter(size).string(null).int16(-1).int32(30_000).int32(1).string(topic)
  body.array(batches, batch => body.int32(batch.partition).byteArray(batch.bytes))
  const reader = new ByteReader(await node.send({ ...api('Produce', version), body: body.finish(), timeout: 35_000 }))
  return reader
    .array(() => {
      reader.string() // topic
      return reader.array(() => {
        const answer = { partition: reader.int32(), errorCode: reader.int16() }
        reader.int64() // base offset
        reader.int64() // log append time
        if (version >= 5) reader.int64() // log start
        return answer
      })
    })
    .flat()
}

/** An InitProducerId response: what stamps the batches of an idempotent producer. `errorCode` is Kafka's. */
export interface ProducerIdentity {
  readonly errorCode: number
  readonly producerId: bigint
  readonly epoch: number
}

/** Undefined when the broker knows no idempotent producers. */
export async function requestProducerId(node: BrokerNode): Promise<ProducerIdentity | undefined> {
  if (node.newestVersion(apiKeys.InitProducerId) === undefined) return undefined
  const body = new ByteWriter().string(null).int32(60_000)
  const reader = new ByteReader(await node.send({ ...api('InitProducerId', 0), body: body.finish() }))
  reader.int32() // throttle time
  return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() }
}

const api = (apiName: keyof typeof apiKeys, apiVersion: number) => ({ apiKey: apiKeys[apiName], apiVersion, apiName })
