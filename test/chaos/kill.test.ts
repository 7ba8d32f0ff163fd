import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTopic, startTestBroker, type TestBroker } from '../harness/broker.js'
import { Random, seedNote } from '../random.js'
import { EventWriter, partitions } from './eventProducer.js'
import { build, startLake } from './lakeProcess.js'
import { expectWhole } from './wholeLake.js'

let kafka: TestBroker
let folder: string
let environment: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-kill-'))
  kafka = (await Promise.all([startTestBroker(), build()]))[0]
  await createTopic(kafka.client, { topic: 'events', numPartitions: partitions })
  environment = {
    KAFKA_BROKERS: kafka.brokers,
    LAKE_URL: pathToFileURL(join(folder, 'lake')).href,
    BRONZE_MAX_COMMIT_ROWS: '1500',
    BRONZE_WORKERS: '2',
    DUCKDB_MEMORY_LIMIT: '256MB',
    TEMP_FOLDER: folder,
  }
})

afterAll(async () => {
  await kafka.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a process that is killed', () => {
  test('again and again while four partitions are written: nothing is lost, nothing is doubled', async () => {
    const numbers = new Random()
    const random = () => numbers.next()
    const events = new EventWriter(kafka.client, random)
    const producer = events.start(30_000)
    let killed = 0
    const round = async (words: readonly string[], most: number) => {
      const child = startLake(environment, ...words)
      await sleep(300 + random() * most)
      child.kill()
      const { code } = await child.ended
      if (code === null) killed++
    }
    try {
      for (let n = 0; n < 15 || (killed <= 5 && n < 60); n++) {
        if (n % 5 === 4) await Promise.all([1, 2, 3, 4].map(() => round(['run', 'bronze'], 2_000)))
        else if (n % 3 === 2) await round(['run', 'silver'], 1_500)
        else await round(['run', 'bronze'], 1_500)
      }
    } finally {
      await producer.stop()
    }
    expect(killed, seedNote).toBeGreaterThan(5)
    await expectWhole(environment, events.keys)
  })
})
