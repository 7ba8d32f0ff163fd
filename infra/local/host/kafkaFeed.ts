import { type Consumer, type EachBatchPayload, Kafka, type KafkaConfig } from 'kafkajs'

import { systemClock } from '../../../shared/clock.js'
import { asError } from '../../../shared/errors.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import {
  decodeConsumerRecords,
  type DecodedMessage,
  memberName,
  removeDeadMembers,
} from '../../../shared/sources/kafka/index.js'
import type { Logger } from '../../../shared/telemetry/index.js'
import { type KafkaHostSettings } from './hostSettings.js'
import { type NextOffsets } from './kafkaListener.js'
import { kafkaLog } from './kafkaLog.js'
import { subscriptionAssigner } from './subscriptionAssigner.js'

/** Who takes what a feed polls; see `KafkaListener`. */
export interface FeedReceiver {
  offer(records: readonly SourceRecord[]): Promise<void>
  reassigned(): void
}

/** What a feed polls, and the Kafka extension's settings that bear on polling. */
export interface FeedOptions {
  /** Without a client id: each consumer has its own. */
  readonly connection: KafkaConfig
  readonly topic: string
  readonly consumerGroup: string
  readonly settings: Pick<
    KafkaHostSettings,
    'autoOffsetReset' | 'sessionTimeoutMs' | 'maxPollIntervalMs' | 'fetchMaxBytes' | 'maxPartitionFetchBytes'
  >
  readonly log: Logger
}

/** Of this process. */
let consumers = 0

/**
 * Polls one topic as a member of a consumer group, beginning at the group's offsets, and commits only what it is asked
 * to. A broker that is away, or a topic that does not exist yet, is tried again until the feed is stopped.
 */
export class KafkaFeed {
  readonly #options: FeedOptions
  readonly #stopping = new AbortController()
  #consumer: Consumer | undefined
  /** Client id of the consumer before, which may not have left the group. */
  #ended: string | undefined
  #starting: Promise<void> = Promise.resolve()

  constructor(options: FeedOptions) {
    decodeConsumerRecords()
    this.#options = options
  }

  start(receiver: FeedReceiver): void {
    this.#starting = this.#connect(receiver)
  }

  async store(next: NextOffsets): Promise<void> {
    const { topic } = this.#options
    await this.#consumer?.commitOffsets(
      [...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
    )
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The feed is stopping.'))
    await this.#starting
    await this.#consumer?.disconnect()
  }

  async #connect(receiver: FeedReceiver): Promise<void> {
    const { log, topic } = this.#options
    for (let wait = 1000; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, 5_000)) {
      try {
        await this.#join(receiver)
        return
      } catch (thrown) {
        log.warn(`The listener of topic ${topic} cannot join its group yet`, { error: asError(thrown).message })
        await systemClock.sleep(wait, this.#stopping.signal).catch(() => undefined)
      }
    }
  }

  async #join(receiver: FeedReceiver): Promise<void> {
    const { connection, topic, consumerGroup, settings, log } = this.#options
    const clientId = memberName(process.pid, ++consumers)
    const kafka = new Kafka({ ...connection, clientId, logCreator: kafkaLog(log) })
    const consumer = kafka.consumer({
      groupId: consumerGroup,
      sessionTimeout: settings.sessionTimeoutMs,
      // As librdkafka has these two.
      rebalanceTimeout: settings.maxPollIntervalMs,
      heartbeatInterval: Math.min(3_000, Math.floor(settings.sessionTimeoutMs / 3)),
      maxWaitTimeInMs: 500,
      // librdkafka asks for no less than its own message.max.bytes.
      maxBytes: Math.max(settings.fetchMaxBytes, 1_000_000),
      maxBytesPerPartition: settings.maxPartitionFetchBytes,
      partitionAssigners: [subscriptionAssigner],
      allowAutoTopicCreation: false,
      // Begun again by itself, it would wait for its own former member.
      retry: { restartOnFailure: () => Promise.resolve(false) },
    })
    consumer.on(consumer.events.GROUP_JOIN, () => {
      receiver.reassigned()
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (this.#consumer !== consumer) return
      log.error(`The listener of topic ${topic} stopped and starts again`, { error: payload.error.message })
      this.#consumer = undefined
      this.#starting = this.#connect(receiver)
    })
    try {
      // Or the group would wait for them until their session is over, and nothing flow meanwhile.
      const removed = await removeDeadMembers(kafka, consumerGroup, this.#ended)
      this.#ended = clientId
      if (removed > 0)
        log.info(`Group ${consumerGroup} no longer waits for a consumer that is gone`, { members: removed })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: settings.autoOffsetReset === 'earliest' })
      this.#consumer = consumer
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: batch => this.#handOver(consumer, batch, receiver),
      })
    } catch (thrown) {
      this.#consumer = undefined
      await consumer.disconnect().catch(() => undefined)
      throw thrown
    }
  }

  /** What lies before damage is passed on; its partition is left alone for a while, and the others go on. */
  async #handOver(consumer: Consumer, payload: EachBatchPayload, receiver: FeedReceiver): Promise<void> {
    const { topic, partition, messages } = payload.batch
    const records: SourceRecord[] = []
    let damaged: DecodedMessage | undefined
    for (const message of messages as unknown as readonly DecodedMessage[]) {
      if (message.damage === undefined) records.push({ ...message.record, topic, partition })
      else damaged = message
    }
    await offerAll(records, payload, receiver)
    const last = records.at(-1)
    if (damaged === undefined) {
      payload.resolveOffset(payload.batch.lastOffset())
      return
    }
    if (last !== undefined) payload.resolveOffset(String(last.offset))
    const offset = last === undefined ? fetchedOffset(payload) : String(last.offset + 1n)
    this.#options.log.error(`Partition ${partition} of ${topic} stops at offset ${offset}; the others go on`, {
      error: damaged.damage?.message,
    })
    consumer.pause([{ topic, partitions: [partition] }])
    void systemClock.sleep(damagePauseMs, this.#stopping.signal).then(
      () => {
        if (this.#consumer !== consumer) return
        consumer.seek({ topic, partition, offset })
        consumer.resume([{ topic, partitions: [partition] }])
      },
      () => undefined,
    )
  }
}

/** Where the consumer asked; kafkajs keeps it beside what it declares. */
const fetchedOffset = ({ batch }: EachBatchPayload): string =>
  (batch as unknown as { readonly fetchedOffset: string }).fetchedOffset

/** Before damage is read again: the broker's log may have been mended. */
const damagePauseMs = 60_000

/** Stays a member of the group for as long as the receiver has no room. */
async function offerAll(
  records: readonly SourceRecord[],
  group: Pick<EachBatchPayload, 'heartbeat'>,
  receiver: FeedReceiver,
): Promise<void> {
  const taken = receiver.offer(records).then(() => 'taken' as const)
  for (;;) {
    const pause = new AbortController()
    const waited = systemClock.sleep(1000, pause.signal).catch(() => undefined)
    const first = await Promise.race([taken, waited])
    pause.abort()
    if (first === 'taken') return
    await group.heartbeat()
  }
}
