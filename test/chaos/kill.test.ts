import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { createTopic, startTestBroker, type TestBroker } from '../harness/broker.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { Random, seedNote } from '../random.js'
import { build, startLake } from './lakeProcess.js'
import { tableRows } from './tableRows.js'

const partitions = [0, 1, 2, 3]

let kafka: TestBroker
let folder: string
let environment: Record<string, string>
const keys = new Set<string>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lake-kill-'))
  kafka = (await Promise.all([startTestBroker(), build()]))[0]
  await createTopic(kafka.client, { topic: 'events', numPartitions: partitions.length })
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

/** Writes events without a pause until told to stop; 1 % are written twice, 1 % are broken. */
function startProducer(random: () => number) {
  const producer = kafka.client.producer({ idempotent: true })
  const state = { running: true }
  const write = async (count: number) => {
    const messages = Array.from({ length: count }, () => {
      if (random() < 0.01) return { partition: Math.floor(random() * 4), value: '{"event_id":' }
      const id = random() < 0.01 && keys.size > 0 ? String(Math.floor(random() * keys.size)) : String(keys.size)
      keys.add(id)
      const event = { event_id: id, event_type: 'click', timestamp: new Date().toISOString(), value: id }
      return { partition: Math.floor(random() * 4), value: JSON.stringify(event) }
    })
    await producer.send({ topic: 'events', messages })
  }
  const done = (async () => {
    await producer.connect()
    await write(30_000)
    while (state.running) {
      await write(300)
      await sleep(30)
    }
    await producer.disconnect()
  })()
  return {
    async stop() {
      state.running = false
      await done
    },
  }
}

describe('a process that is killed', () => {
  test('again and again while four partitions are written: nothing is lost, nothing is doubled', async () => {
    const numbers = new Random()
    const random = () => numbers.next()
    const producer = startProducer(random)
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

    const writers = await Promise.all([1, 2, 3, 4].map(() => startLake(environment, 'run', 'bronze').ended))
    for (const { code, stderr } of writers) expect([code, stderr], seedNote).toEqual([0, expect.anything()])
    for (const step of ['bronze', 'silver', 'monitor']) {
      const { code, stderr } = await startLake(environment, 'run', step).ended
      expect([step, code, code === 0 ? '' : stderr], seedNote).toEqual([step, 0, ''])
    }
    const settings = readSettings(environment)
    const lake = await openLake(settings)
    try {
      const ends = await lake.source.offsets('events')
      const spans = ends.map(({ partition, start, end }) => ({ topic: 'events', partition, start, end }))
      const bronze = await tableRows(lake, 'bronze/events', ['_partition', '_offset'])
      expect(
        eachOffsetOnce(
          bronze.map(row => ({
            topic: 'events',
            generation: 0,
            partition: row['_partition'] as number,
            offset: row['_offset'] as bigint,
          })),
          spans,
        ),
        seedNote,
      ).toEqual([])
      const silver = await tableRows(lake, 'silver/events', ['event_id'])
      expect(
        eachKeyOnce(
          silver.map(row => row['event_id'] as string),
          keys,
        ),
        seedNote,
      ).toEqual([])
      const looks = await tableRows(lake, 'monitor_logs', ['layer', 'identity_closed', 'identity'])
      for (const row of looks)
        if (['bronze', 'silver'].includes(row['layer'] as string))
          expect(row, seedNote).toMatchObject({ identity_closed: true })
      expect(looks.length, seedNote).toBeGreaterThan(0)
    } finally {
      await lake.close()
    }
  })
})
