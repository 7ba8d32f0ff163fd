import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { copyProject, type ProjectCopy } from '../../harness/projectCopy.js'
import { StartedStack } from '../../harness/stackProcess.js'
import { streams } from '../../harness/twoStreams/index.js'

const day = 86_400_000

let project: ProjectCopy
let stack: StartedStack
let kafka: Kafka

interface Ended {
  readonly code: number
  readonly output: string
  readonly messages: string
}

/** A command of the compiled command line, on the running stack. */
function lake(...words: readonly string[]): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KAFKA|LAKE|EVENTHUBS)_|^npm_/.test(name)),
  )
  return new Promise(resolve => {
    const args = [project.program('shared/cli/main.js'), ...words]
    execFile(process.execPath, args, { env, cwd: project.folder, maxBuffer: 2 ** 26 }, (error, output, messages) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, messages })
    })
  })
}

function parsed(output: string): Record<string, unknown>[] {
  return output
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

async function rows(...words: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, output, messages } = await lake(...words)
  expect(code, `${words.join(' ')}: ${messages}`).toBe(0)
  return parsed(output)
}

/** Records of one partition of a stream's topic, from a number on; with the time that Kafka has for them. */
async function produce(topic: string, partition: number, first: number, count: number, timestamp = Date.now()) {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    metadataMaxAge: 1_000,
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  try {
    const messages = Array.from({ length: count }, (_, i) => ({
      partition,
      timestamp: String(timestamp),
      value: JSON.stringify({ id: `${topic}-${partition}-${first + i}`, at: new Date(timestamp).toISOString() }),
    }))
    await producer.send({ topic, messages })
  } finally {
    await producer.disconnect()
  }
}

/** Of each partition of bronze: rows, different offsets, the first and the last. Nothing before the table's first commit. */
async function ingested(name: string): Promise<Readonly<Record<number, readonly number[]>>> {
  const counts = `SELECT _partition AS p, count(*) AS n, count(DISTINCT _offset) AS d, min(_offset) AS a, max(_offset) AS z FROM bronze.${name} GROUP BY ALL`
  const { code, output, messages } = await lake('sql', counts)
  if (code === 1 && messages.includes(`The lake has no table bronze.${name} yet`)) return {}
  expect(code, messages).toBe(0)
  const found = parsed(output)
  return Object.fromEntries(found.map(row => [Number(row['p']), ['n', 'd', 'a', 'z'].map(c => Number(row[c]))]))
}

async function until<T>(look: () => Promise<T>, isDone: (found: T) => boolean): Promise<T> {
  for (let left = 120; ; left--) {
    const found = await look()
    if (isDone(found)) return found
    if (left === 0) throw new Error(`It is still ${JSON.stringify(found)}\n${stack.output.slice(-4_000)}`)
    await sleep(1_000)
  }
}

async function lastOfBronze(name: string): Promise<Record<string, unknown> | undefined> {
  await rows('run', 'monitor')
  const [last] = await rows(
    'sql',
    `SELECT * FROM monitor_logs WHERE table_name = 'bronze.${name}' ORDER BY run_time DESC LIMIT 1`,
  )
  return last
}

/** So many rows without one twice or left out, from offset `first` on. */
const whole = (count: number, first = 0) => [count, count, first, first + count - 1]

beforeAll(async () => {
  project = await copyProject('twoStreams')
  const never = Object.fromEntries(
    ['SILVER', 'GOLD', 'MONITOR', 'MAINTENANCE'].map(step => [`${step}_SCHEDULE`, '0 0 0 1 1 *']),
  )
  stack = await StartedStack.start(project, ['--rate', '0', '--progress', '1'], {
    ...never,
    CATCH_UP_SCHEDULE: '*/5 * * * * *',
  })
  await stack.prints(/Ready\./)
  kafka = new Kafka({ brokers: [stack.state?.kafkaBrokers ?? ''], clientId: 'test', logLevel: logLevel.NOTHING })
})

afterAll(async () => {
  await stack.stop()
  await project.remove()
})

test('partitions that are added while it runs are ingested from offset 0, and their lag is shown before they are', async () => {
  for (const { topic } of streams) await produce(topic, 0, 0, 50)
  for (const { name } of streams)
    await until(
      () => ingested(name),
      found => found[0]?.[0] === 50,
    )
  const admin = kafka.admin()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: streams.map(({ topic }) => ({ topic, count: 6 })) })
  await admin.disconnect()
  // So that there is a time to look at the lag.
  for (const { name } of streams) await rows('pause', name)
  for (const { topic } of streams) for (const partition of [4, 5]) await produce(topic, partition, 0, 30 + partition)
  for (const { name } of streams) {
    const last = await lastOfBronze(name)
    expect(last).toMatchObject({ status: 'PAUSED', paused: true })
    expect(Number(last?.['lag'])).toBe(34 + 35)
    expect(JSON.stringify(last?.['partition_lags'])).toMatch(/34.*35/)
    expect(Object.keys(await ingested(name))).toEqual(['0'])
  }
  for (const { name } of streams) await rows('resume', name)
  for (const { name } of streams) {
    await until(
      () => ingested(name),
      found => found[4]?.[0] === 34 && found[5]?.[0] === 35,
    )
    expect(await ingested(name)).toEqual({ 0: whole(50), 4: whole(34), 5: whole(35) })
    expect(await lastOfBronze(name)).toMatchObject({ status: 'OK', lag: 0 })
  }
})

test('one of them that is paused does not hold up the other, and reads each record once when it is resumed', async () => {
  await rows('pause', 'clicks', '--why', 'a test')
  for (const { topic } of streams) await produce(topic, 1, 0, 40)
  await until(
    () => ingested('visits'),
    found => found[1]?.[0] === 40,
  )
  // Past a catch-up, and past the trigger.
  await sleep(7_000)
  expect((await ingested('clicks'))[1]).toBeUndefined()
  const status = await lake('status', '--stream', 'clicks', '--format', 'table')
  expect(status.output).toMatch(/^PAUSED\s+bronze\.clicks/m)
  await rows('resume', 'clicks')
  await produce('clicks', 1, 40, 5)
  await until(
    () => ingested('clicks'),
    found => found[1]?.[0] === 45,
  )
  expect((await ingested('clicks'))[1]).toEqual(whole(45))
})

test('records from before a stream began are read by offsets, and by a time', async () => {
  const old = Date.now() - 4 * day
  for (const partition of [2, 3]) await produce('visits', partition, 0, 60, old + partition)
  for (const partition of [2, 3]) await produce('visits', partition, 60, 10)
  const both = (found: Readonly<Record<number, readonly number[]>>) => found[2]?.[0] === 10 && found[3]?.[0] === 10
  await until(() => ingested('visits'), both)
  expect((await ingested('visits'))[2]).toEqual(whole(10, 60))

  const declined = await lake('backfill', '--stream', 'visits', '--from-offsets', '2:25')
  expect(declined.code).not.toBe(0)
  expect(declined.messages).toContain('partition 2: offsets 25 to 59 (35 offsets), before generation 0 begins')
  expect((await ingested('visits'))[2]).toEqual(whole(10, 60))

  expect(await rows('backfill', '--stream', 'visits', '--from-offsets', '2:25', '--yes')).toMatchObject([
    { step: 'bronze', outcome: 'committed' },
  ])
  expect((await ingested('visits'))[2]).toEqual(whole(45, 25))

  const time = new Date(old - day).toISOString()
  const beside = produce('visits', 2, 70, 20)
  await rows('backfill', '--stream', 'visits', '--from-time', time, '--yes')
  await beside
  const found = await until(
    () => ingested('visits'),
    now => now[2]?.[3] === 89,
  )
  expect([found[2], found[3]]).toEqual([whole(90), whole(70)])
  const again = await lake('backfill', '--stream', 'visits', '--from-time', time)
  expect(again.messages).toContain('There is nothing to read into bronze of stream visits')

  const reports = await rows('run', 'pipeline')
  expect(reports.filter(report => report['outcome'] === 'failed')).toEqual([])
  const open = await rows('sql', 'SELECT table_name, identity FROM monitor_logs WHERE NOT identity_closed')
  expect(open).toEqual([])
})
