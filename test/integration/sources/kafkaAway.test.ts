import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { type Broker, startBroker } from '../../../infra/local/kafka/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { openLake } from '../../../shared/pipeline/lake/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { KafkaSource } from '../../../shared/sources/kafka/index.js'
import { lake as commandLine } from '../../cli/testShell.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'
import { events } from '../../harness/sampleStream/events.js'

let kafka: TestBroker
let second: Broker
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'away-'))
  kafka = await startTestBroker()
  second = await joinCluster(kafka, join(folder, 'second'))
})

afterAll(async () => {
  await second.stop()
  await kafka.close()
  await rm(folder, { recursive: true, force: true })
})

const freePort = () =>
  new Promise<number>(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        resolve(port)
      })
    })
  })

/** A broker of a second node in the first one's cluster; the controller stays with the first. */
async function joinCluster(first: TestBroker, stateFolder: string, port?: number): Promise<Broker> {
  const settings = await readFile(join(first.stateFolder, 'server.properties'), 'utf8')
  const voters = /^controller\.quorum\.voters=(.*)$/m.exec(settings)?.[1]
  if (voters === undefined) throw new Error('the first broker names no controller')
  if (port === undefined) {
    const meta = await readFile(join(first.stateFolder, 'data', 'meta.properties'), 'utf8')
    await mkdir(join(stateFolder, 'data'), { recursive: true })
    await writeFile(
      join(stateFolder, 'data', 'meta.properties'),
      meta.replace(/^node\.id=.*$/m, 'node.id=2').replace(/^directory\.id=.*\n/m, ''),
    )
  }
  const own = port ?? (await freePort())
  const listener = `PLAINTEXT://127.0.0.1:${own}`
  const properties = {
    'process.roles': 'broker',
    'node.id': '2',
    'controller.quorum.voters': voters,
    listeners: listener,
    'advertised.listeners': listener,
  }
  return startBroker({ stateFolder, port: own, heap: 256, properties })
}

const event = (n: number, partition: number) => ({
  key: null,
  value: Buffer.from(
    `{"event_id":"e${partition}-${n}","event_type":"click","timestamp":"2026-01-01T00:00:00Z","value":${n}}`,
  ),
  partition,
})

test("two brokers, one killed: the living one's partitions go on, the others are named, and catch up when it is back", async () => {
  const admin = kafka.client.admin()
  await admin.connect()
  const topic = 'two-brokers'
  const replicaAssignment = [1, 2, 1, 2].map((node, partition) => ({ partition, replicas: [node] }))
  await admin.createTopics({ topics: [{ topic, replicaAssignment }] })
  await admin.disconnect()
  const source = new KafkaSource({ connection: { brokers: [kafka.brokers] } })
  const lake = await openLake(
    readSettings({ KAFKA_BROKERS: kafka.brokers, LAKE_URL: pathToFileURL(join(folder, 'lake')).href }),
    { streams: [{ ...events, topic }] },
  )
  try {
    for (let partition = 0; partition < 4; partition++) await source.produce(topic, [event(0, partition)])
    expect(await catchUp(lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 4 }])
    for (let partition = 0; partition < 4; partition++)
      await source.produce(topic, [event(1, partition), event(2, partition)])

    const { port } = second
    await second.kill()
    const [report] = await catchUp(lake, 'command')
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_UNREACHABLE', retryable: true } })
    for (const partition of [0, 2]) expect(report?.error?.message).not.toContain(`${topic}/${partition}`)
    expect((await source.survey(topic)).partitions.map(({ partition }) => partition)).toEqual([0, 2])
    expect(
      (await source.survey(topic)).unavailable.map(({ partition, error }) => [partition, error.retryable]),
    ).toEqual([
      [1, true],
      [3, true],
    ])
    const rows = (await lake.table('bronze/events').snapshot())?.files.reduce(
      (sum, file) => sum + (JSON.parse(file.stats ?? '{}') as { numRecords: number }).numRecords,
      0,
    )
    expect(rows).toBe(8)

    second = await joinCluster(kafka, join(folder, 'second'), port)
    await expect.poll(async () => (await source.survey(topic)).unavailable, { timeout: 240_000 }).toEqual([])
    expect(await catchUp(lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 4 }])
  } finally {
    await lake.close()
    await source.close()
  }
})

test('`lake run bronze` with no broker says what it waits for, and fails in the end with a sentence', async () => {
  const port = await freePort()
  const environment = { KAFKA_BROKERS: `127.0.0.1:${port}`, LAKE_URL: pathToFileURL(join(folder, 'nobody')).href }
  const { code, messages } = await commandLine(['run', 'bronze'], { environment })
  expect(code).toBe(1)
  const lines = messages.trim().split('\n')
  expect(lines.length).toBeGreaterThan(1)
  expect(lines[0]).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.* Still asking for the offsets of events`))
  expect(lines.at(-1)).toMatch(
    new RegExp(`^error: bronze of events failed: Kafka at 127\\.0\\.0\\.1:${port} cannot be reached`),
  )
})
