import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { openLake } from '../../../shared/pipeline/lake/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { KafkaSource } from '../../../shared/sources/kafka/index.js'
import { lake as commandLine } from '../../cli/testShell.js'
import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'
import { events } from '../../harness/sampleStream/events.js'

/** Requests grow with partitions and with names: what fits for four partitions need not for forty. */
let kafka: TestBroker
let folder: string

beforeAll(async () => {
  kafka = await startTestBroker()
  folder = await mkdtemp(join(tmpdir(), 'partitions-'))
})

afterAll(async () => {
  await kafka.close()
  await rm(folder, { recursive: true, force: true })
})

const event = (n: number, partition: number) => ({
  key: Buffer.from(`k${n}`),
  value: Buffer.from(`{"event_id":"e${n}","event_type":"click","timestamp":"2026-01-01T00:00:00Z","value":${n}}`),
  partition,
})

/** Names with dots in them and without: the broker takes both, and a table's folder must, too. */
const nameOf = (length: number, partitions: number): string => `t${partitions}-`.padEnd(length, 'abcdefghij')

describe.each([
  [1, 9],
  [20, 9],
  [40, 9],
  [200, 9],
  [1, 60],
  [5, 60],
  [1, 200],
  [4, 200],
  [20, 200],
  [1, 249],
  [3, 249],
  [40, 249],
])('%i partitions under a name of %i characters', (partitions, length) => {
  const topic = nameOf(length, partitions)
  const stream = { ...events, topic }

  test('are asked, written and read, every one', async () => {
    await createTopic(kafka.client, { topic, numPartitions: partitions })
    const source = new KafkaSource({ connection: { brokers: [kafka.brokers] } })
    try {
      expect(await source.offsets(topic)).toMatchObject(
        Array.from({ length: partitions }, (_, partition) => ({ partition, start: 0n, end: 0n })),
      )
      await source.produce(
        topic,
        Array.from({ length: partitions }, (_, n) => event(n, n)),
      )
      const ranges = await source.offsets(topic)
      expect(ranges).toMatchObject(
        Array.from({ length: partitions }, (_, partition) => ({ partition, start: 0n, end: 1n })),
      )
      for (const range of ranges) {
        const keys: string[] = []
        for await (const { records } of source.read(topic, range))
          keys.push(...records.map(r => Buffer.from(r.key ?? []).toString()))
        expect(keys).toEqual([`k${range.partition}`])
      }
      expect(await source.offsetAt(topic, partitions - 1, 0)).toBe(0n)
    } finally {
      await source.close()
    }
  })

  test('are all in bronze after one run', async () => {
    const settings = readSettings({
      KAFKA_BROKERS: kafka.brokers,
      LAKE_URL: pathToFileURL(join(folder, `${partitions}-${length}`)).href,
    })
    const lake = await openLake(settings, { streams: [stream] })
    try {
      expect(await catchUp(lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: partitions }])
      expect(await catchUp(lake, 'command')).toMatchObject([{ outcome: 'nothingToDo' }])
    } finally {
      await lake.close()
    }
  })
})

test('`lake run bronze` ingests the shipped stream from 200 partitions', async () => {
  await createTopic(kafka.client, { topic: events.topic, numPartitions: 200 })
  const environment = { KAFKA_BROKERS: kafka.brokers, LAKE_URL: pathToFileURL(join(folder, 'command')).href }
  expect(await commandLine(['produce', '--count', '3000', '--seed', '11'], { environment })).toMatchObject({ code: 0 })
  const ran = await commandLine(['run', 'bronze'], { environment })
  expect(ran).toMatchObject({ code: 0, messages: '' })
  expect(JSON.parse(ran.output)).toMatchObject({ step: 'bronze', rowsOut: 3000 })
  const counted = await commandLine(
    ['sql', 'SELECT count(*) AS n, count(DISTINCT _partition) AS p FROM bronze.events'],
    { environment },
  )
  expect(JSON.parse(counted.output)).toEqual({ n: 3000, p: 200 })
})
