import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, type Stream, timestamp } from '../../../shared/contract/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import { KafkaSource } from '../../../shared/sources/kafka/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'

let kafka: TestBroker

beforeAll(async () => {
  kafka = await startTestBroker()
})

afterAll(async () => {
  await kafka.close()
})

function streamOf(topic: string): Stream {
  const schema = z.object({ event_id: z.string(), timestamp: timestamp() })
  const times = { allowedLateness: '10 minutes', dedupeWithin: '1 day' }
  return defineStream({
    name: 'events',
    topic,
    schema,
    key: 'event_id',
    eventTime: 'timestamp',
    clusterBy: ['timestamp'],
    ...times,
  })
}

/** A lake in memory fed by a topic of the broker. */
class Ingestion implements AsyncDisposable {
  readonly topic: string
  readonly #lake: Lake
  readonly #source: KafkaSource
  readonly #stream: Stream

  private constructor(topic: string, lake: Lake, source: KafkaSource, stream: Stream) {
    this.topic = topic
    this.#lake = lake
    this.#source = source
    this.#stream = stream
  }

  static async open(topic: string, topicIds: boolean): Promise<Ingestion> {
    const source = new KafkaSource({ connection: { brokers: [kafka.brokers] }, topicIds })
    const stream = streamOf(topic)
    const lake = await openLake(readSettings({ LAKE_URL: 'file:///unused' }), {
      store: new MemoryStore(),
      source,
      streams: [stream],
    })
    return new Ingestion(topic, lake, source, stream)
  }

  async command(): Promise<StepReport | undefined> {
    return (await catchUp(this.#lake, 'command'))[0]
  }

  /** What the trigger's invocation with the records from `start` on does. */
  async trigger(start: bigint): Promise<StepReport> {
    const end = (await this.#source.offsets(this.topic))[0]?.end ?? 0n
    const records: SourceRecord[] = []
    for await (const batch of this.#source.read(this.topic, { partition: 0, start, end }))
      records.push(...batch.records)
    return ingestBatch(this.#lake, this.#stream, { records, reread: [] }, 'kafka')
  }

  /** Records in one transaction, or without one. */
  async produce(first: number, count: number, transactional = false): Promise<void> {
    const messages = Array.from({ length: count }, (_, n) => ({
      value: JSON.stringify({
        event_id: String(first + n),
        timestamp: new Date(1_700_000_000_000 + first + n).toISOString(),
      }),
      partition: 0,
    }))
    const producer = kafka.client.producer(
      transactional ? { transactionalId: `${this.topic}-writer`, maxInFlightRequests: 1, idempotent: true } : {},
    )
    await producer.connect()
    if (transactional) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: this.topic, messages })
      await transaction.commit()
    } else {
      await producer.send({ topic: this.topic, messages })
    }
    await producer.disconnect()
  }

  /** Waits until read_committed readers get that far: markers are written in the broker's own time. */
  async reaches(end: bigint): Promise<void> {
    await expect.poll(async () => (await this.#source.offsets(this.topic))[0]?.end, { timeout: 60_000 }).toBe(end)
  }

  async recreate(): Promise<void> {
    const admin = kafka.client.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [this.topic] })
    await admin.disconnect()
    await createTopic(kafka.client, { topic: this.topic, numPartitions: 1 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lake.close()
    await this.#source.close()
  }
}

const stopped = { outcome: 'failed', rowsOut: 0, error: { code: 'TOPIC_RECREATED' } }

describe.each([true, false])('with topic ids: %s', topicIds => {
  test('a transactional topic that was recreated is stopped, by a catch-up and by the trigger', async () => {
    await using it = await Ingestion.open(await kafka.topic('transactional'), topicIds)
    await it.produce(0, 100, true)
    await it.reaches(101n)
    expect(await it.command()).toMatchObject({ outcome: 'committed', rowsOut: 100 })
    await it.recreate()
    await it.produce(1_000, 100, true)
    await it.produce(1_100, 50, true)
    await it.reaches(152n)
    expect(await it.command()).toMatchObject(stopped)
    expect(await it.trigger(101n)).toMatchObject(stopped)
  })

  test('a topic that was recreated and filled beyond the covered offset is stopped by the trigger, and by a catch-up', async () => {
    await using it = await Ingestion.open(await kafka.topic('refilled'), topicIds)
    await it.produce(0, 20)
    expect(await it.trigger(0n)).toMatchObject({ outcome: 'committed', rowsOut: 20 })
    await it.recreate()
    await it.produce(1_000, 60)
    expect(await it.trigger(20n)).toMatchObject(stopped)
    expect(await it.command()).toMatchObject(stopped)
  })

  test('a log that was put back to an older state and has grown since is stopped; one whose broker restarted goes on', async () => {
    await using it = await Ingestion.open(await kafka.topic('restored'), topicIds)
    await it.produce(0, 10)
    await kafka.restart('stop', folder => cp(join(folder, 'data'), join(folder, 'backup'), { recursive: true }))
    await it.produce(10, 20)
    expect(await it.trigger(0n)).toMatchObject({ outcome: 'committed', rowsOut: 30 })
    await kafka.restart()
    await it.produce(30, 5)
    expect(await it.trigger(30n)).toMatchObject({ outcome: 'committed', rowsOut: 5 })
    await kafka.restart('stop', async folder => {
      await rm(join(folder, 'data'), { recursive: true })
      await cp(join(folder, 'backup'), join(folder, 'data'), { recursive: true })
      await rm(join(folder, 'backup'), { recursive: true })
    })
    await it.produce(1_000, 80)
    expect(await it.trigger(35n)).toMatchObject(stopped)
    expect(await it.command()).toMatchObject(stopped)
  })
})
