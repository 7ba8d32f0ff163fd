import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { KafkaFeed, KafkaListener, parseHostSettings } from '../../../infra/local/host/index.js'
import { systemClock } from '../../../shared/clock.js'
import { asError } from '../../../shared/errors.js'
import { catchUp, ingestBatch, runSilver } from '../../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { recordBytes, type SourceRecord } from '../../../shared/sources/index.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import { projectRoot } from '../../harness/projectRoot.js'
import { peakBytes } from '../peakMemory.js'
import type { PeerRequest } from './peer.js'

/**
 * Run by the benchmark of peers in a process of its own: catches up with the topic, refines bronze, or follows the topic
 * by the rules of the Kafka trigger until its input ends. Tells what it took, the process's start included.
 */
const request = JSON.parse(process.argv[2] ?? '') as PeerRequest & { readonly workers: number }
const folder = request.table.slice(0, -'/bronze/events'.length)
const brokers = 'brokers' in request ? request.brokers : '127.0.0.1:1'
const lake = await openLake(
  readSettings({
    KAFKA_BROKERS: brokers,
    LAKE_URL: pathToFileURL(folder).href,
    BRONZE_WORKERS: String(request.workers),
  }),
)
const started = performance.now()
const rows = request.work === 'follow' ? await follow(lake, brokers) : await runOnce(lake)
const seconds = (performance.now() - started) / 1000
await lake.close()
const { user, system } = process.cpuUsage()
const cpuSeconds = (user + system) / 1e6
const done = { rows, measuredRows: rows, seconds, cpuSeconds, peakBytes: await peakBytes() }
// A consumer that has left its group still holds the process for minutes.
process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit())

async function runOnce(lake: Lake): Promise<number> {
  const reports = await (request.work === 'ingest' ? catchUp(lake, 'command') : runSilver(lake, 'command'))
  return reports.reduce((sum, report) => sum + requireRows(report), 0)
}

function requireRows({ error, rowsOut }: StepReport): number {
  if (error !== undefined) throw new Error(error.message)
  return rowsOut
}

/** As the function does it under the host: the extension's batches, one after the other. */
async function follow(lake: Lake, brokers: string): Promise<number> {
  const [stream] = lake.streams
  if (stream === undefined) throw new Error('no stream is declared')
  const { kafka: settings } = parseHostSettings(await readFile(join(projectRoot(), 'host.json'), 'utf8'))
  const log = silentLogger
  const connection = { brokers: [brokers] }
  const feed = new KafkaFeed({ connection, topic: stream.topic, consumerGroup: 'peers', settings, log })
  let rows = 0
  const listener = new KafkaListener<SourceRecord>({
    execute: async records => {
      try {
        rows += (await ingestBatch(lake, stream, { records, reread: [] }, 'kafka')).rowsOut
        return undefined
      } catch (thrown) {
        return asError(thrown)
      }
    },
    store: next => feed.store(next),
    sizeOf: recordBytes,
    retry: undefined,
    settings,
    clock: systemClock,
    log,
  })
  feed.start(listener)
  process.stdout.write('{"ready":true}\n')
  await once(process.stdin.resume(), 'end')
  await listener.stop()
  await feed.stop()
  return rows
}
