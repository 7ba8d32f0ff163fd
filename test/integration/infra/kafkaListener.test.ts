import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { KafkaFeed, KafkaListener } from '../../../infra/local/host/index.js'
import { systemClock } from '../../../shared/clock.js'
import { recordBytes, type SourceRecord } from '../../../shared/sources/index.js'
import { memberName } from '../../../shared/sources/kafka/index.js'
import { type Logger, silentLogger } from '../../../shared/telemetry/index.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'

/** The listener's rules on a real group: what the fake cannot show is where the group resumes. */
describe('a Kafka trigger on a real broker', () => {
  let broker: TestBroker

  beforeAll(async () => {
    broker = await startTestBroker()
  })
  afterAll(async () => {
    await broker.close()
  })

  const settings = {
    maxBatchSize: 50,
    subscriberIntervalInSeconds: 1,
    commitOnFailure: false,
    maxRetries: -1,
    autoOffsetReset: 'earliest',
    sessionTimeoutMs: 30_000,
    maxPollIntervalMs: 300_000,
    fetchMaxBytes: 8 * 2 ** 20,
    maxPartitionFetchBytes: 2 ** 20,
    queuedMaxMessagesKbytes: 16 * 2 ** 10,
  } as const

  function listen(
    topic: string,
    consumerGroup: string,
    execute: (batch: readonly SourceRecord[]) => Promise<Error | undefined>,
    { log = silentLogger, ...patience }: { log?: Logger; sessionTimeoutMs?: number; maxPollIntervalMs?: number } = {},
  ) {
    const connection = { brokers: [broker.brokers] }
    const feed = new KafkaFeed({ connection, topic, consumerGroup, settings: { ...settings, ...patience }, log })
    const listener = new KafkaListener<SourceRecord>({
      execute,
      store: next => feed.store(next),
      sizeOf: recordBytes,
      retry: undefined,
      settings,
      clock: systemClock,
      log: silentLogger,
    })
    feed.start(listener)
    return async () => {
      await listener.stop()
      await feed.stop()
    }
  }

  async function produce(topic: string, from: number, count: number): Promise<void> {
    // A broker that has just come back has no leaders for a while.
    const retry = { retries: 20, maxRetryTime: 5_000 }
    // What is sent again because an answer was lost must not lie in the topic twice.
    const producer = broker.client.producer({ idempotent: true, maxInFlightRequests: 1, retry })
    await producer.connect()
    const messages = Array.from({ length: count }, (_, i) => ({ value: String(from + i), headers: { h: ['1', '2'] } }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  async function until(done: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 3_000 && !(await done()); i++) await sleep(100)
    expect(await done()).toBe(true)
  }

  /** Whether the group's offsets are the partitions' ends; not while the group has no coordinator. */
  async function isCommitted(topic: string, groupId: string): Promise<boolean> {
    const admin = broker.client.admin()
    await admin.connect()
    try {
      const ends = await admin.fetchTopicOffsets(topic)
      const [group] = await admin.fetchOffsets({ groupId, topics: [topic] }).catch(() => [])
      return ends.every(end => group?.partitions.find(p => p.partition === end.partition)?.offset === end.offset)
    } finally {
      await admin.disconnect()
    }
  }

  const values = (seen: readonly SourceRecord[]) =>
    seen.map(r => Number(Buffer.from(r.value ?? []).toString())).sort((a, b) => a - b)
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

  test('a restart goes on where the last successful batch ended, nothing twice after a clean stop', async () => {
    const topic = await broker.topic('resume', { numPartitions: 4 })
    await produce(topic, 0, 300)
    const first: SourceRecord[] = []
    const stopFirst = listen(topic, 'resume', batch => {
      first.push(...batch)
      return Promise.resolve(undefined)
    })
    // A group that rebalances while it gathers delivers what was under way again, until its offsets are committed.
    await until(() => isCommitted(topic, 'resume'))
    await stopFirst()
    expect([...new Set(values(first))]).toEqual(numbers(0, 300))
    expect(first[0]?.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()])).toEqual([
      ['h', '1'],
      ['h', '2'],
    ])

    await produce(topic, 300, 100)
    const second: SourceRecord[] = []
    const stopSecond = listen(topic, 'resume', batch => {
      second.push(...batch)
      return Promise.resolve(undefined)
    })
    await until(() => second.length >= 100)
    await stopSecond()
    expect(values(second)).toEqual(numbers(300, 400))
  })

  test('a batch whose function never succeeds is delivered again after a restart', async () => {
    const topic = await broker.topic('redeliver', { numPartitions: 2 })
    await produce(topic, 0, 20)
    let failures = 0
    const stopFirst = listen(topic, 'redeliver', () => Promise.resolve(new Error(`attempt ${++failures}`)))
    await until(() => failures > 3)
    await stopFirst()
    const seen: SourceRecord[] = []
    const stopSecond = listen(topic, 'redeliver', batch => {
      seen.push(...batch)
      return Promise.resolve(undefined)
    })
    await until(() => seen.length >= 20)
    await stopSecond()
    expect(values(seen)).toEqual(numbers(0, 20))
  })

  test('two functions in one group, each on its own topic: each gets all of its records', async () => {
    const topics = [
      await broker.topic('orders', { numPartitions: 4 }),
      await broker.topic('clicks', { numPartitions: 4 }),
    ]
    const seen = topics.map(() => [] as SourceRecord[])
    const stops = topics.map((topic, i) =>
      listen(topic, 'shared', batch => {
        seen[i]?.push(...batch)
        return Promise.resolve(undefined)
      }),
    )
    for (const topic of topics) await produce(topic, 0, 400)
    await until(() => seen.every(records => new Set(values(records)).size === 400))
    expect(seen.map(records => [...new Set(records.map(r => r.topic))])).toEqual(topics.map(topic => [topic]))
    await Promise.all(stops.map(stop => stop()))
  })

  test('the group survives its broker: consuming goes on after a restart', async () => {
    const topic = await broker.topic('outage', { numPartitions: 2 })
    // By value: what is sent again because an answer was lost lies in the topic twice.
    const seen = new Set<string>()
    const stop = listen(topic, 'outage', batch => {
      for (const r of batch) seen.add(Buffer.from(r.value ?? []).toString())
      return Promise.resolve(undefined)
    })
    await produce(topic, 0, 20)
    await until(() => seen.size === 20)
    await broker.restart('kill')
    await produce(topic, 20, 20)
    await until(() => seen.size === 40)
    await stop()
  })

  test('a host that was killed is waited for by nobody: the next one has its partitions at once', async () => {
    const topic = await broker.topic('killed', { numPartitions: 2 })
    // Its session outlives this test by far, so that only a member that was removed lets the next one in.
    const program = `
      import { createRequire } from 'node:module'
      const { Kafka, logLevel } = createRequire(process.argv[1])('kafkajs')
      const [brokers, topic, groupId] = process.argv.slice(2)
      process.once('message', async clientId => {
        const kafka = new Kafka({ brokers: [brokers], clientId, logLevel: logLevel.NOTHING })
        const consumer = kafka.consumer({ groupId, sessionTimeout: 1_200_000, rebalanceTimeout: 1_200_000, heartbeatInterval: 1_000 })
        consumer.on(consumer.events.GROUP_JOIN, () => process.send('joined'))
        await consumer.connect()
        await consumer.subscribe({ topic })
        await consumer.run({ eachMessage: async () => undefined })
      })`
    const args = ['--input-type=module', '-e', program, import.meta.filename, broker.brokers, topic, 'killed']
    const host = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const isGone = once(host, 'exit')
    host.send(memberName(host.pid ?? 0, 1))
    expect(await once(host, 'message')).toContain('joined')
    host.kill('SIGKILL')
    await isGone
    await produce(topic, 0, 20)
    const seen: SourceRecord[] = []
    const stop = listen(topic, 'killed', batch => {
      seen.push(...batch)
      return Promise.resolve(undefined)
    })
    await until(() => seen.length === 20)
    await stop()
  })

  test('a consumer that gave up while its broker was away does not wait for the member it was', async () => {
    const topic = await broker.topic('gave-up', { numPartitions: 2 })
    const seen = new Set<string>()
    let hasGivenUp = false
    const log = {
      ...silentLogger,
      error: () => {
        hasGivenUp = true
      },
    }
    const take = (batch: readonly SourceRecord[]) => {
      for (const r of batch) seen.add(Buffer.from(r.value ?? []).toString())
      return Promise.resolve(undefined)
    }
    // Longer than this test: the member that the broker remembers does not go away by itself.
    const stop = listen(topic, 'gave-up', take, { log, sessionTimeoutMs: 1_200_000, maxPollIntervalMs: 1_200_000 })
    await produce(topic, 0, 20)
    await until(() => seen.size === 20)
    await broker.restart('kill', () => until(() => hasGivenUp))
    await produce(topic, 20, 20)
    await until(() => seen.size === 40)
    await stop()
  })
})
