import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, test } from 'vitest'

import { type Azurite, startAzurite } from '../harness/azurite.js'
import { createTopic, startTestBroker, type TestBroker } from '../harness/broker.js'
import { type TinyDisk, tinyDisk } from '../harness/tinyDisk.js'
import { Random, seedNote } from '../random.js'
import { EventWriter, partitions } from './eventProducer.js'
import { build, startLake } from './lakeProcess.js'
import { expectWhole } from './wholeLake.js'

/** Of two minutes of the processor: only where many seeds are run. */
const isAsked = process.env['CHAOS_SEEDS'] !== undefined
const rounds = 12

const random = new Random()
let folder: string
let disk: TinyDisk | undefined
let kafka: TestBroker
let azurite: Azurite
let environment: Record<string, string>

beforeAll(async () => {
  if (!isAsked) return
  folder = await mkdtemp(join(tmpdir(), 'lake-services-'))
  ;[kafka, azurite] = await Promise.all([startTestBroker(), startAzurite(0, join(folder, 'blobs')), build()])
  disk = tinyDisk(40_000)
  await createTopic(kafka.client, { topic: 'events', numPartitions: partitions })
  environment = {
    KAFKA_BROKERS: kafka.brokers,
    LAKE_URL: `${azurite.url}/lake`,
    BRONZE_MAX_COMMIT_ROWS: '1500',
    DUCKDB_MEMORY_LIMIT: '256MB',
    TEMP_FOLDER: disk?.folder ?? folder,
  }
})

afterAll(async () => {
  if (!isAsked) return
  await Promise.all([kafka.close(), azurite.stop()])
  disk?.remove()
  await rm(folder, { recursive: true, force: true })
})

/** Each takes a service away from those who are at work with it, for some milliseconds. */
const troubles: Readonly<Record<string, (ms: number) => Promise<void>>> = {
  'the broker is killed': ms => kafka.restart('kill', () => sleep(ms)),
  'storage restarts': async ms => {
    const port = Number(new URL(azurite.url).port)
    await azurite.stop()
    await sleep(ms)
    azurite = await startAzurite(port, join(folder, 'blobs'))
  },
  'the disk is full': async ms => {
    if (disk === undefined) return
    const filler = join(disk.folder, 'filler')
    for (let size = 40_000; size >= 4; size /= 2) {
      // What does not fit leaves as much as does.
      await writeFile(`${filler}-${size}`, new Uint8Array(size * 512)).catch(() => undefined)
    }
    await sleep(ms)
    for (let size = 40_000; size >= 4; size /= 2) await rm(`${filler}-${size}`, { force: true })
  },
}

test.runIf(isAsked)(
  'two hosts whose broker, storage and disk go away in turn, and which are killed, lose nothing and double nothing',
  { timeout: 3_600_000 },
  async () => {
    const events = new EventWriter(kafka.client, () => random.next())
    const story: string[] = []
    const names = Object.keys(troubles)
    for (let n = 0; n < rounds; n++) {
      await events.write(3_000)
      const name = names[n % names.length] ?? ''
      const words = random.pick([
        ['bronze', 'bronze'],
        ['bronze', 'silver'],
        ['silver', 'bronze'],
      ] as const)
      const hosts = words.map(step => startLake(environment, 'run', step))
      await sleep(random.below(1_500))
      await troubles[name]?.(random.below(1_500))
      const isKilled = random.below(2) === 0
      if (isKilled) hosts[0]?.kill()
      const codes = await Promise.all(hosts.map(async ({ ended }) => (await ended).code))
      story.push(`${name}, ${words.join(' beside ')}${isKilled ? ', the first killed' : ''}: ${codes.join(', ')}`)
    }
    process.stdout.write(`${seedNote}: ${story.join('; ')}\n`)
    await events.write(100)
    await expectWhole(environment, events.keys)
  },
)
