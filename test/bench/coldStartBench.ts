import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

import { createTopics } from '../../infra/local/index.js'
import { startBroker } from '../../infra/local/kafka/index.js'
import { openSource } from '../../shared/sources/index.js'
import { SyntheticEvents } from '../../shared/sources/synthetic/index.js'
import { streams } from '../../shared/streams/index.js'
import { startAzurite } from '../harness/azurite.js'

export interface ColdStart {
  readonly name: string
  /** Milliseconds from the start of the process, as the next. */
  readonly listedMs: number
  readonly committedMs: number
  /** Whether DuckDB was loaded for it. */
  readonly duckdb: boolean
}

/**
 * How long a worker takes from its start until the functions are listed, and until a first batch is committed to blob
 * storage on this machine: of the checkout and of the package (`npm run package` first), turn by turn, each time with an
 * empty lake.
 *
 * @param batch records of the batch
 */
export async function coldStartBench(batch = 1000, rounds = 7): Promise<readonly ColdStart[]> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'cold-start-'))
  const broker = await startBroker({ stateFolder })
  const azurite = await startAzurite()
  try {
    const [stream] = streams
    if (stream === undefined) throw new Error('No stream is declared.')
    const source = openSource({ kind: 'kafka', kafka: { brokers: [broker.brokers] } })
    await createTopics(broker.brokers, [stream.topic])
    const made = new SyntheticEvents({ startTime: Date.now() - 60_000 }).take(batch)
    const records = made.map(record => ({ ...record, partition: 0 }))
    await source.produce(stream.topic, records)
    await source.close()
    const envelopes = records.map((record, i) => ({
      Offset: i,
      Partition: 0,
      Topic: stream.topic,
      Timestamp: new Date(record.timestamp ?? 0).toISOString(),
      Key: record.key === null ? null : Buffer.from(record.key).toString(),
      Value: record.value === null ? null : Buffer.from(record.value).toString(),
      Headers: [],
    }))
    const root = resolve(import.meta.dirname, '../../..')
    const apps = { checkout: root, package: join(root, 'dist-package', 'app') }
    const runs: ColdStart[] = []
    for (let round = 0; round < rounds; round++)
      for (const [name, folder] of Object.entries(apps)) {
        const env = {
          KAFKA_BROKERS: broker.brokers,
          LAKE_URL: `${azurite.url}/${name}${String(round)}`,
          LAKE_CONNECTION_STRING: azurite.connectionString,
        }
        runs.push({ name, ...(await coldStart(folder, env, JSON.stringify(envelopes))) })
      }
    return Object.keys(apps).map(name => medianOf(name, runs))
  } finally {
    await azurite.stop()
    await broker.stop()
    await rm(stateFolder, { recursive: true, force: true })
  }
}

async function coldStart(folder: string, env: Record<string, string>, batch: string): Promise<Omit<ColdStart, 'name'>> {
  const script = join(import.meta.dirname, 'coldStartProcess.js')
  const child = spawn(process.execPath, [script, folder], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(batch)
  const output = await text(child.stdout)
  const line = output.trim().split('\n').at(-1) ?? ''
  return JSON.parse(line) as Omit<ColdStart, 'name'>
}

function medianOf(name: string, runs: readonly ColdStart[]): ColdStart {
  const own = runs.filter(run => run.name === name)
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return {
    name,
    listedMs: median(own.map(run => run.listedMs)),
    committedMs: median(own.map(run => run.committedMs)),
    duckdb: own.some(run => run.duckdb),
  }
}
