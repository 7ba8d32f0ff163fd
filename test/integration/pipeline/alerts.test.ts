import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Admin, Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { deliverAlerts } from '../../../shared/alerts/delivery/index.js'
import { type FiringAlert, readAlerts } from '../../../shared/alerts/index.js'
import { type Clock, systemClock } from '../../../shared/clock.js'
import type { Stream } from '../../../shared/contract/index.js'
import { catchUp, resetOffsets } from '../../../shared/pipeline/bronze/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/index.js'
import { runSilver } from '../../../shared/pipeline/silver/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'
import { events } from '../../harness/sampleStream/events.js'

/** The machine's clock, set forward by hand: a broker lets nobody set its own. */
class ShiftedClock implements Clock {
  shiftMs = 0
  now = () => Date.now() + this.shiftMs
  monotonic = () => performance.now() + this.shiftMs
  sleep = systemClock.sleep.bind(systemClock)
}

/** A broker takes no record that is more than an hour ahead of its own clock. */
const configEntries = [{ name: 'message.timestamp.after.max.ms', value: String(86_400_000) }]

let kafka: TestBroker
let admin: Admin
let producer: Producer
const told: string[] = []
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { essentials } = (JSON.parse(Buffer.concat(chunks).toString()) as Told).data
    told.push(`${essentials.monitorCondition} ${essentials.alertRule} ${essentials.configurationItems.join()}`)
    response.end()
  })
})

interface Told {
  readonly data: {
    readonly essentials: {
      readonly monitorCondition: string
      readonly alertRule: string
      readonly configurationItems: readonly string[]
    }
  }
}

beforeAll(async () => {
  kafka = await startTestBroker()
  admin = kafka.client.admin()
  producer = kafka.client.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  await new Promise<void>(listening => receiver.listen(0, '127.0.0.1', listening))
})

afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await Promise.all([admin.disconnect(), producer.disconnect()])
  await kafka.close()
})

/** Two streams on the broker, driven a round at a time. */
class Driven {
  readonly clock = new ShiftedClock()
  lake!: Lake
  #next = 0

  static async open(): Promise<Driven> {
    const driven = new Driven()
    const streams: readonly Stream[] = await Promise.all(
      ['events', 'orders'].map(async name => {
        const topic = await kafka.topic(name, { numPartitions: 2, configEntries })
        return { ...events, model: undefined, name, topic }
      }),
    )
    const settings = readSettings({
      LAKE_URL: 'file:///unused',
      KAFKA_BROKERS: kafka.brokers,
      DUCKDB_MEMORY_LIMIT: '256MB',
      ALERT_LAG: '10',
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    })
    driven.lake = await openLake(settings, { store: new MemoryStore(driven.clock), clock: driven.clock, streams })
    return driven
  }

  stream(name: string): Stream {
    const found = this.lake.streams.find(stream => stream.name === name)
    if (found === undefined) throw new Error(`no stream ${name}`)
    return found
  }

  async produce(name: string, count: number, bad = 0): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => {
      const [n, now] = [this.#next++, this.clock.now()]
      const event = { event_id: String(n), event_type: 'click', timestamp: new Date(now).toISOString(), value: 1 }
      const value = i < bad ? '{"event_id":' : JSON.stringify(event)
      return { value, partition: n % 2, timestamp: String(now) }
    })
    await producer.send({ topic: this.stream(name).topic, messages })
  }

  /** What a round of the functions does, and what fires after it: of those streams, bronze ingests. */
  async round(ingested: readonly string[] = ['events', 'orders']): Promise<readonly FiringAlert[]> {
    for (const name of ingested) await catchUp(this.lake, 'timer', { stream: this.stream(name), stalledForMs: 0 })
    await runSilver(this.lake, 'timer')
    await runMonitor(this.lake, 'timer')
    const report = await readAlerts(this.lake)
    await deliverAlerts(this.lake, report)
    return report.firing
  }

  /** Minutes pass, in which both streams have records. */
  async minutes(count: number, streams: readonly string[] = ['events', 'orders']) {
    this.clock.shiftMs += count * 60_000
    for (const name of streams) await this.produce(name, 3)
    return await this.round()
  }
}

function expectFires(firing: readonly FiringAlert[], alert: string, stream: string, sentence: RegExp): void {
  const found = firing.filter(one => one.alert === alert)
  expect(
    [...new Set(found.map(one => one.stream))],
    `${alert} among ${firing.map(one => one.sentence).join(' | ')}`,
  ).toEqual([stream])
  expect(found[0]?.sentence).toMatch(sentence)
  expect(told).toContain(`Fired ${alert} bronze.${stream}`)
  expect(told).not.toContain(`Resolved ${alert} bronze.${stream}`)
}

function expectOver(firing: readonly FiringAlert[], alert: string, stream: string): void {
  expect(firing.filter(one => one.alert === alert).map(one => one.sentence)).toEqual([])
  expect(told.filter(line => line === `Resolved ${alert} bronze.${stream}`)).toHaveLength(1)
}

test('faults that are put into a real broker fire the alert of their stream, with its sentence, and are over when mended', async () => {
  const d = await Driven.open()
  for (const name of ['events', 'orders']) await d.produce(name, 10)
  expect(await d.round()).toEqual([])

  await d.produce('events', 20)
  expectFires(await d.round(['orders']), 'lag', 'events', /20 offsets wait in Kafka, more than 10\.$/)
  expectOver(await d.round(), 'lag', 'events')

  await d.produce('events', 6)
  const partitions = (await admin.fetchTopicOffsets(d.stream('events').topic)).map(({ partition, offset }) => ({
    partition,
    offset,
  }))
  await admin.deleteTopicRecords({ topic: d.stream('events').topic, partitions })
  expectFires(await d.minutes(1), 'offsets-missing', 'events', /^bronze\.events: 6 offsets/)
  expectOver(await d.minutes(61), 'offsets-missing', 'events')

  await d.produce('orders', 10, 8)
  expectFires(await d.minutes(1), 'quarantine-rate', 'orders', /of the records of 15 min were rejected/)
  expectOver(await d.minutes(16), 'quarantine-rate', 'orders')

  await admin.deleteTopics({ topics: [d.stream('events').topic] })
  await createTopic(kafka.client, { topic: d.stream('events').topic, numPartitions: 2, configEntries })
  expectFires(await d.minutes(1), 'partition-stopped', 'events', /TOPIC_RECREATED|recreated/)
  await resetOffsets(d.lake, d.stream('events'))
  expectOver(await d.minutes(1), 'partition-stopped', 'events')

  // Half an hour is only known to be silent when the monitor has looked at its beginning too.
  for (const minutes of [4, 10, 10]) await d.minutes(minutes, ['orders'])
  const quiet = await d.minutes(9, ['orders'])
  expectFires(quiet, 'silence', 'events', /^bronze\.events: 0 records came within 30 min, fewer than 1\.$/)
  expectFires(quiet, 'late', 'events', /^bronze\.events is older than 5 min/)
  const over = await d.minutes(1)
  expectOver(over, 'silence', 'events')
  expectOver(over, 'late', 'events')
  expect(over).toEqual([])
  await d.lake.close()
})
