import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startBroker, type Broker } from '../../../infra/local/kafka/broker.js'
import { parseJavaVersion } from '../../../infra/local/kafka/java.js'

let stateFolder: string
const started: Broker[] = []

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'kafka-'))
})

afterEach(async () => {
  for (const broker of started.splice(0)) await broker.stop()
  await rm(stateFolder, { recursive: true, force: true })
})

async function start(port = 0): Promise<Broker> {
  const broker = await startBroker({ stateFolder, port })
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

test('a port in use is named, and so is the remedy', async () => {
  const broker = await start()
  const other = await mkdtemp(join(tmpdir(), 'kafka-'))
  await expect(startBroker({ stateFolder: other, port: broker.port })).rejects.toMatchObject({ code: 'PORT_IN_USE', data: { port: broker.port } })
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

test('Java\'s version is read as old and new ones print it', () => {
  expect(parseJavaVersion('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)')).toEqual({ major: 17, build: '17.0.15+6-Debian-1deb12u1' })
  expect(parseJavaVersion('java version "1.8.0_292"\nJava(TM) SE Runtime Environment (build 1.8.0_292-b10)')).toMatchObject({ major: 8 })
  expect(parseJavaVersion('openjdk version "21" 2023-09-19')).toMatchObject({ major: 21 })
  expect(parseJavaVersion('bash: java: not found')).toBeUndefined()
})
