import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Identified, PartitionIdentity } from '../../../shared/sources/index.js'
import { KafkaSource } from '../../../shared/sources/kafka/index.js'
import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'

let kafka: TestBroker
let source: KafkaSource
let withoutIds: KafkaSource

beforeAll(async () => {
  kafka = await startTestBroker()
  source = new KafkaSource({ connection: { brokers: [kafka.brokers] } })
  withoutIds = new KafkaSource({ connection: { brokers: [kafka.brokers] }, topicIds: false })
})

afterAll(async () => {
  await source.close()
  await withoutIds.close()
  await kafka.close()
})

const records = (count: number, partition = 0) =>
  Array.from({ length: count }, (_, n) => ({ key: null, value: Buffer.from(`{"n":${n}}`), partition }))

async function recreate(topic: string, numPartitions = 1): Promise<void> {
  const admin = kafka.client.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
  await createTopic(kafka.client, { topic, numPartitions })
}

function known(found: Identified | undefined): PartitionIdentity {
  if (found?.kind !== 'known') throw new Error(`not identified: ${found?.error.message ?? 'no answer'}`)
  return found
}

const identify = async (from: KafkaSource, topic: string, epoch?: number) =>
  known((await from.identify(topic, new Map([[0, epoch]]))).get(0))

describe('the identity of a partition', () => {
  test('has an id that is the same at every call, and another one after the topic was recreated', async () => {
    const topic = await kafka.topic('identity', { numPartitions: 3 })
    const asked = new Map([
      [0, undefined],
      [2, undefined],
    ])
    const before = await source.identify(topic, asked)
    expect([...before.keys()].sort()).toEqual([0, 2])
    expect(before.get(0)).toEqual(before.get(2))
    expect(await source.identify(topic, asked)).toEqual(before)
    const { topicId } = known(before.get(0))
    expect(topicId).toBeGreaterThan(1n << 64n)
    await recreate(topic, 3)
    const after = known((await source.identify(topic, asked)).get(0))
    expect(after.topicId).not.toBe(topicId)
    expect(after.topicId).toBeDefined()
  })

  test('of 100 partitions with a name of 249 characters is reported in one call', async () => {
    const name = 'n'.repeat(249 - 3)
    const topic = await kafka.topic(name, { numPartitions: 100 })
    const found = await source.identify(topic, new Map(Array.from({ length: 100 }, (_, n) => [n, undefined])))
    expect(found.size).toBe(100)
    expect(new Set([...found.values()].map(one => known(one).topicId)).size).toBe(1)
  })

  test('has an epoch that rises with a restart, and shows where the one before it ended, with and without ids', async () => {
    const topic = await kafka.topic('epochs')
    await source.produce(topic, records(7))
    const before = await identify(source, topic)
    await kafka.restart()
    await source.produce(topic, records(5))
    for (const one of [source, withoutIds]) {
      const after = await identify(one, topic, before.epoch)
      expect(after.epoch).toBeGreaterThan(before.epoch ?? Infinity)
      expect(after.epochEnd).toBe(7n)
      expect(after.topicId).toBe(one === source ? before.topicId : undefined)
      expect(await identify(one, topic, (after.epoch ?? 0) + 40)).toMatchObject({
        epoch: after.epoch,
        epochEnd: undefined,
      })
    }
  })

  test('of a topic or a partition that does not exist fails by itself', async () => {
    const missing = (await source.identify('no-such-topic', new Map([[0, undefined]]))).get(0)
    expect(missing).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_TOPIC_MISSING' } })
    const topic = await kafka.topic('one')
    const found = await source.identify(
      topic,
      new Map([
        [0, undefined],
        [9, undefined],
      ]),
    )
    expect(found.get(0)?.kind).toBe('known')
    expect(found.get(9)).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_PARTITION_MISSING' } })
  })

  test('is asked again of a broker that was away', async () => {
    const topic = await kafka.topic('away')
    const before = await identify(source, topic)
    const restarted = kafka.restart('kill')
    await sleep(200)
    await restarted
    expect((await identify(source, topic)).topicId).toBe(before.topicId)
  })
})
