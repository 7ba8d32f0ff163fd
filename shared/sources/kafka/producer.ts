import { partitionOf } from '../partitioner.js'
import type { ProducedRecord } from '../source.js'
import { partitionMissing } from '../sourceError.js'
import type { Cluster } from './cluster.js'
import type { Compression } from './codecs.js'
import { codes, connectionFault, protocolFault } from './kafkaErrors.js'
import { type ProducerIdentity, requestProduce, requestProducerId } from './protocol.js'
import { anonymous, encodeRecordBatch, type ProducerStamp } from './recordEncoder.js'
import { retrying, type RetryOptions } from './retry.js'

/** How records are written, and how long a write is tried again. */
export interface ProducerOptions extends RetryOptions {
  readonly compression: Compression
  /** Batches sent again after a lost answer are written once. */
  readonly idempotent: boolean
}

// Under the broker's default max.message.bytes (1,048,588) with room for keys, headers and poor compression.
const batchBytes = 900_000
const recordOverhead = 24
const maxSequence = 2 ** 31

/**
 * Writes batches and waits for all replicas. Per partition one batch is under way at a time, in order, so a repeated
 * batch keeps its sequence number and the broker drops it.
 */
export class Producer {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  readonly #partitions = new Map<string, PartitionSender>()
  #roundRobin = 0

  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  async produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    if (records.length === 0) return
    const leaders = await retrying(this.#options, `writing to ${topic}`, () => this.#cluster.leaders(topic))
    const byPartition = new Map<number, ProducedRecord[]>()
    const sticky = this.#roundRobin++ % leaders.size
    for (const record of records) {
      const partition = record.partition ?? (record.key === null ? sticky : partitionOf(record.key, leaders.size))
      if (!leaders.has(partition)) throw partitionMissing(topic, partition)
      const queue = byPartition.get(partition)
      if (queue === undefined) byPartition.set(partition, [record])
      else queue.push(record)
    }
    const outcomes = await Promise.allSettled(
      Array.from(byPartition, ([partition, queue]) => this.#sender(topic, partition).send(queue)),
    )
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #sender(topic: string, partition: number): PartitionSender {
    const name = `${topic}/${partition}`
    let sender = this.#partitions.get(name)
    if (sender === undefined)
      this.#partitions.set(name, (sender = new PartitionSender(this.#cluster, topic, partition, this.#options)))
    return sender
  }
}

/** One partition's queue, with a producer identity of its own. */
class PartitionSender {
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #partition: number
  readonly #options: ProducerOptions
  #identity: ProducerIdentity | 'none' | undefined
  #sequence = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, topic: string, partition: number, options: ProducerOptions) {
    this.#cluster = cluster
    this.#topic = topic
    this.#partition = partition
    this.#options = options
  }

  send(records: readonly ProducedRecord[]): Promise<void> {
    const sent = this.#tail.then(async () => {
      for (const batch of split(records)) await this.#sendBatch(batch)
    })
    this.#tail = sent.catch(() => {})
    return sent
  }

  async #sendBatch(records: readonly ProducedRecord[]): Promise<void> {
    const now = this.#options.clock.now()
    let encoded: { readonly stamp: ProducerStamp; readonly bytes: Buffer } | undefined
    try {
      await retrying(this.#options, `writing to ${this.#topic}/${this.#partition}`, async () => {
        const node = await this.#cluster.leader(this.#topic, this.#partition)
        let code: number
        try {
          const stamp = await this.#stamp()
          if (encoded === undefined || encoded.stamp.producerId !== stamp.producerId) {
            encoded = { stamp, bytes: encodeRecordBatch(records, now, stamp, this.#options.compression) }
          }
          const answers = await requestProduce(node, this.#topic, [
            { partition: this.#partition, bytes: encoded.bytes },
          ])
          code = answers[0]?.errorCode ?? codes.none
        } catch (thrown) {
          this.#cluster.forget(this.#topic, node)
          throw connectionFault(thrown, `${node.host}:${node.port}`)
        }
        if (code === codes.none || code === codes.duplicateSequence) return
        this.#cluster.forget(this.#topic)
        // The broker lost sight of this producer (its state expired, the topic was recreated): begin again as another.
        if (code === codes.unknownProducerId || code === codes.outOfOrderSequence || code === codes.producerFenced)
          this.#restart()
        throw protocolFault(code, this.#topic, this.#partition)
      })
    } catch (error) {
      // Whether the batch arrived is unknown, so is the sequence number that comes next.
      this.#restart()
      throw error
    }
    this.#sequence = (this.#sequence + records.length) % maxSequence
  }

  #restart(): void {
    if (this.#identity !== 'none') this.#identity = undefined
    this.#sequence = 0
  }

  async #stamp(): Promise<ProducerStamp> {
    if (!this.#options.idempotent) return anonymous
    if (this.#identity === undefined) {
      const identity = await requestProducerId(await this.#cluster.anyNode())
      if (identity !== undefined && identity.errorCode !== codes.none) {
        throw protocolFault(identity.errorCode, this.#topic, this.#partition)
      }
      this.#identity = identity ?? 'none'
    }
    if (this.#identity === 'none') return anonymous
    return { producerId: this.#identity.producerId, epoch: this.#identity.epoch, sequence: this.#sequence }
  }
}

function* split(records: readonly ProducedRecord[]): Generator<readonly ProducedRecord[]> {
  let first = 0
  let bytes = 0
  for (let n = 0; n < records.length; n++) {
    const size = sizeOf(records[n] as ProducedRecord)
    if (n > first && bytes + size > batchBytes) {
      yield records.slice(first, n)
      first = n
      bytes = 0
    }
    bytes += size
  }
  yield records.slice(first)
}

function sizeOf({ key, value, headers }: ProducedRecord): number {
  let size = recordOverhead + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, content] of headers ?? []) size += name.length * 3 + (content?.length ?? 0) + 10
  return size
}
