import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'
import { copyProject, type ProjectCopy } from '../../harness/projectCopy.js'
import { events } from '../../harness/sampleStream/events.js'

const checkout = resolve(import.meta.dirname, '../../..')

let project: ProjectCopy
let bin: string
let broker: TestBroker
let folder: string

interface Ended {
  readonly code: number
  readonly output: string
  readonly messages: string
}

/** Runs a program in a process of its own, on the test's broker and lake. */
function run(file: string, words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, KAFKA_BROKERS: broker.brokers, LAKE_URL: pathToFileURL(join(folder, 'lake')).href }
  return new Promise(resolveEnded => {
    execFile(file, [...words], { env, cwd: folder, maxBuffer: 64 * 2 ** 20 }, (error, output, messages) => {
      resolveEnded({ code: error === null ? 0 : Number(error.code), output, messages })
    })
  })
}

const lake = (...words: readonly string[]) => run(process.execPath, [bin, ...words])

function records(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

beforeAll(async () => {
  project = await copyProject('sampleStream')
  bin = project.program('shared/cli/main.js')
  folder = await mkdtemp(join(tmpdir(), 'lake-cli-'))
  broker = await startTestBroker()
})

afterAll(async () => {
  await broker.close()
  await project.remove()
  await rm(folder, { recursive: true, force: true })
})

describe('the compiled command line, on a broker', () => {
  test('a topic that does not exist is reported by every command that needs it, and made where that is asked for', async () => {
    const ran = await lake('run', 'bronze')
    expect(ran).toMatchObject({
      code: 1,
      messages: `error: bronze of events failed: Topic ${events.topic} does not exist. Create it, or correct the stream's topic.\n`,
    })
    const refused = await lake('produce', '--count', '1')
    expect(refused).toMatchObject({
      code: 1,
      output: '',
      messages: `error: Topic ${events.topic} does not exist on ${broker.brokers}; --create makes it (--partitions N).\n`,
    })
    const made = await lake('produce', '--count', '0', '--create', '--partitions', '4')
    expect(made).toMatchObject({ code: 0, messages: '' })
    const admin = broker.client.admin()
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [events.topic] })
    await admin.disconnect()
    expect(topics[0]?.partitions).toHaveLength(4)
  })

  test('what is produced goes through all layers, and every command shows it', async () => {
    const produced = await lake('produce', '--count', '2000', '--seed', '5', '--duplicates', '3', '--broken', '2')
    expect(produced).toMatchObject({ code: 0, messages: '' })
    const expected = records(produced.output)[0] as {
      distinct: number
      duplicates: number
      tombstones: number
      broken: Record<string, number>
    }
    const broken = Object.values(expected.broken).reduce((a, b) => a + b, 0)

    const ran = await lake('run', 'pipeline')
    expect(ran).toMatchObject({ code: 0, messages: '' })
    expect(records(ran.output).map(r => r['step'])).toEqual(
      expect.arrayContaining(['bronze', 'silver', 'gold', 'monitor']),
    )

    const counts = await lake(
      'sql',
      `SELECT (SELECT count(*) FROM bronze.events) AS bronze, (SELECT count(*) FROM silver.events) AS silver,
              (SELECT count(*) FROM bronze.events_quarantine) AS quarantine, (SELECT count(*) FROM gold.events_scored) AS gold`,
    )
    expect(records(counts.output)).toEqual([
      { bronze: 2000, silver: expected.distinct, quarantine: broken, gold: expected.distinct },
    ])

    const silver = records((await lake('read', 'silver.events')).output)
    expect(new Set(silver.map(row => row['event_id'])).size).toBe(expected.distinct)
    expect(silver[0]?.['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    const byPath = records(
      (await lake('read', join(folder, 'lake', 'silver', 'events'), '--where', 'value >= 0')).output,
    )
    expect(byPath).toHaveLength(expected.distinct)

    const snapshot = records((await lake('snapshot', 'bronze.events')).output)[0] as {
      transactions: Record<string, number>
      version: number
    }
    expect(Object.entries(snapshot.transactions).filter(([appId]) => /\/0\/[0-3]$/.test(appId))).toHaveLength(4)
    expect(records((await lake('history', 'bronze.events')).output)[0]).toMatchObject({
      version: snapshot.version,
      operation: 'STREAMING UPDATE',
    })
    const tables = records((await lake('tables')).output)
    expect(tables.find(t => t['table'] === 'bronze.events')).toMatchObject({ rows: 2000 })
    expect(
      records((await lake('sql', 'SELECT * FROM monitor_logs ORDER BY run_time DESC')).output).length,
    ).toBeGreaterThan(0)
  })

  test('a reader that goes away early ends it quietly', async () => {
    const { code, output, messages } = await run('bash', [
      '-c',
      `set -o pipefail; '${process.execPath}' '${bin}' sql 'SELECT * FROM range(5000000)' | head -1`,
    ])
    expect({ code, output, messages }).toEqual({ code: 0, output: '{"range":0}\n', messages: '' })
  })

  test('a step that fails is exit code 1 and one sentence', async () => {
    const admin = broker.client.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [events.topic] })
    await admin.disconnect()
    const { code, messages } = await lake('run', 'bronze')
    expect(code).toBe(1)
    expect(messages).toMatch(/^error: bronze of events failed: Topic events does not exist[^\n]*\n$/)
  })

  test('a topic that was recreated goes on after a reset that was agreed to', async () => {
    await createTopic(broker.client, { topic: events.topic, numPartitions: 4 })
    await lake('produce', '--from', join(checkout, 'shared/streams/synthetic_data_sample.json'))
    const stopped = await lake('run', 'bronze')
    expect(stopped).toMatchObject({ code: 1, messages: expect.stringContaining('lake reset-offsets') as string })

    const asked = await lake('reset-offsets', 'events')
    expect(asked).toMatchObject({ code: 1, output: '', messages: expect.stringContaining('--yes') as string })
    const reset = await lake('reset-offsets', 'events', '--yes')
    expect(reset.code).toBe(0)
    expect(records(reset.output)).toMatchObject(
      [0, 1, 2, 3].map(partition => ({ partition, oldGeneration: 0, generation: 1, start: 0 })),
    )
    expect(await lake('run', 'bronze')).toMatchObject({ code: 0, messages: '' })
    const rows = await lake(
      'sql',
      'SELECT _generation AS generation, count(*) AS n FROM bronze.events GROUP BY ALL ORDER BY ALL',
    )
    expect(records(rows.output)).toEqual([
      { generation: 0, n: 2000 },
      { generation: 1, n: 50 },
    ])
  })
})
