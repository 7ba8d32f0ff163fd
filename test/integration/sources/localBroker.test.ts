import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { type Broker, type BrokerOptions, parseJavaVersion, startBroker } from '../../../infra/local/kafka/index.js'
import { createTopic } from '../../harness/broker.js'

let stateFolder: string
const started: Broker[] = []

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'kafka-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const broker of started.splice(0)) await broker.stop()
  await rm(stateFolder, { recursive: true, force: true })
})

async function start(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await startBroker({ stateFolder, ...options })
  started.push(broker)
  return broker
}

async function topics({ brokers }: Broker, create?: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  if (create !== undefined) await admin.createTopics({ topics: [{ topic: create }], waitForLeaders: true })
  const names = await admin.listTopics()
  await admin.disconnect()
  return names
}

test('the same folder is the same broker again, on any port; stopping leaves no process', async () => {
  const first = await start()
  await topics(first, 'kept')
  await first.stop()
  expect(() => process.kill(first.pid, 0)).toThrow('ESRCH')
  await first.stop()
  const second = await start()
  expect(await topics(second)).toContain('kept')
})

test('a folder whose name has blanks and letters of any script is the one that is used, in a locale that knows none', async () => {
  vi.stubEnv('LC_ALL', 'POSIX')
  const named = join(stateFolder, 'Käfer & 甲虫 🪲')
  const first = await start({ stateFolder: named })
  await topics(first, 'kept')
  await first.stop()
  const second = await start({ stateFolder: named })
  expect(await topics(second)).toContain('kept')
  expect(await readdir(stateFolder)).toEqual(['Käfer & 甲虫 🪲'])
})

test('records whose own time is long past are kept, not deleted at the next look for old ones', async () => {
  const { brokers } = await start({
    properties: { 'log.initial.task.delay.ms': '0', 'log.retention.check.interval.ms': '50' },
  })
  const client = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  await createTopic(client, { topic: 'old', numPartitions: 1 })
  await createTopic(client, {
    topic: 'short',
    numPartitions: 1,
    configEntries: [{ name: 'retention.ms', value: '1000' }],
  })
  const producer = client.producer()
  const admin = client.admin()
  await producer.connect()
  await admin.connect()
  try {
    const messages = [{ value: 'of 2023', timestamp: String(Date.UTC(2023, 10, 14)) }]
    await producer.sendBatch({
      topicMessages: [
        { topic: 'old', messages },
        { topic: 'short', messages },
      ],
    })
    const oldest = async (topic: string) => (await admin.fetchTopicOffsets(topic))[0]?.low
    // The broker has looked when a topic that asks for it has lost its record.
    await expect.poll(() => oldest('short'), { timeout: 240_000, interval: 50 }).toBe('1')
    expect(await oldest('old')).toBe('0')
  } finally {
    await producer.disconnect()
    await admin.disconnect()
  }
})

test('a port in use is named, and so is the remedy', async () => {
  const broker = await start()
  const other = await mkdtemp(join(tmpdir(), 'kafka-'))
  await expect(startBroker({ stateFolder: other, port: broker.port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    data: { port: broker.port },
  })
  await rm(other, { recursive: true })
})

test('a broker that a killed run left behind is ended, a stranger with its old process id is not', async () => {
  const left = await start()
  const next = await start()
  await left.exited
  expect(await topics(next)).toEqual([])
  await next.stop()

  const stranger = spawn('sleep', ['60'])
  await writeFile(join(stateFolder, 'broker.pid'), String(stranger.pid))
  const third = await start()
  expect(stranger.exitCode).toBeNull()
  expect(await readFile(join(stateFolder, 'broker.pid'), 'utf8')).toBe(String(third.pid))
  stranger.kill()
})

test("Java's version is read as old and new ones print it", () => {
  expect(
    parseJavaVersion(
      'openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)',
    ),
  ).toEqual({ major: 17, build: '17.0.15+6-Debian-1deb12u1' })
  expect(
    parseJavaVersion('java version "1.8.0_292"\nJava(TM) SE Runtime Environment (build 1.8.0_292-b10)'),
  ).toMatchObject({ major: 8 })
  expect(parseJavaVersion('openjdk version "21" 2023-09-19')).toMatchObject({ major: 21 })
  expect(parseJavaVersion('bash: java: not found')).toBeUndefined()
})
