import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ingestBatch } from '../../shared/pipeline/bronze/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import type { SourceRecord } from '../../shared/sources/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { events } from '../harness/sampleStream/events.js'

const perDelivery = 1000
const perLake = 100

/** A collector of its own process, which takes whatever comes. */
const collector = `
const server = require('node:http').createServer((q, s) => { q.resume(); q.on('end', () => s.end()) })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/**
 * What telling a collector, and a lineage server too, of each delivery adds to bronze: deliveries of 1,000 records, each
 * with a `traceparent`, from memory into a lake on the local disk, with and without in turn. The figures are medians of
 * the pairs' processor time.
 *
 * @param pairs of 100 deliveries each
 */
export async function telemetryBench(
  pairs = 15,
): Promise<readonly { readonly name: string; readonly figure: string }[]> {
  const child = spawn(process.execPath, ['-e', collector], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const url = `http://127.0.0.1:${port.toString().trim()}`
    const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: url }
    return [
      await compared('OpenTelemetry', collected, pairs),
      await compared('OpenTelemetry and OpenLineage', { ...collected, OPENLINEAGE_URL: url }, pairs),
    ]
  } finally {
    child.kill()
  }
}

async function compared(name: string, told: Readonly<Record<string, string>>, pairs: number) {
  await sideBySide(told)
  const ratios: number[] = []
  const costs: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const { without, having } = await sideBySide(told)
    ratios.push((having / without - 1) * 100)
    costs.push((having - without) / perLake)
  }
  const [least, most] = [quantile(ratios, 0.25), quantile(ratios, 0.75)]
  const range = `half of the pairs ${least.toFixed(1)} to ${most.toFixed(1)} %`
  return {
    name,
    figure: `+${quantile(ratios, 0.5).toFixed(1)} %, ${quantile(costs, 0.5).toFixed(2)} ms a delivery (${range})`,
  }
}

const quantile = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN

/**
 * Milliseconds of processor time of deliveries into two lakes in turn, one of which tells of them: what else the machine
 * does hits both. What is gathered is sent at the end, and counts for its lake.
 */
async function sideBySide(told: Readonly<Record<string, string>>) {
  const lakes = [await OneLake.open({}), await OneLake.open(told)] as const
  for (let n = 0; n < perLake; n++)
    for (const lake of n % 2 === 0 ? lakes : lakes.toReversed()) await lake.deliver(records(n * perDelivery))
  for (const lake of lakes) await lake.close()
  const [without, having] = lakes
  return { without: without.usedMs, having: having.usedMs }
}

class OneLake {
  usedMs = 0
  readonly #source: MemorySource

  private constructor(
    readonly lake: Lake,
    readonly folder: string,
    source: MemorySource,
  ) {
    this.#source = source
  }

  static async open(settings: Readonly<Record<string, string>>): Promise<OneLake> {
    const folder = await mkdtemp(join(tmpdir(), 'lake-bench-'))
    const source = new MemorySource()
    source.createTopic(events.topic, 1)
    const values = readSettings({ LAKE_URL: pathToFileURL(folder).href, ...settings })
    return new OneLake(await openLake(values, { source, streams: [events] }), folder, source)
  }

  async deliver(batch: readonly SourceRecord[]): Promise<void> {
    this.#source.append(events.topic, batch)
    await this.#measured(async () => {
      const { rowsOut } = await ingestBatch(this.lake, events, { records: batch, reread: [] }, 'kafka')
      if (rowsOut !== perDelivery) throw new Error(`${rowsOut} of ${perDelivery} records were committed`)
    })
  }

  async close(): Promise<void> {
    await this.#measured(() => this.lake.close())
    await rm(this.folder, { recursive: true, force: true })
  }

  async #measured(work: () => Promise<void>): Promise<void> {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    this.usedMs += (user + system) / 1000
  }
}

function records(start: number): readonly SourceRecord[] {
  return Array.from({ length: perDelivery }, (_, i) => {
    const offset = start + i
    const timestamp = Date.UTC(2025, 3, 1) + offset
    const event = {
      event_id: String(offset),
      event_type: 'click',
      timestamp: new Date(timestamp).toISOString(),
      value: '1',
    }
    const id = (offset + 1).toString(16).padStart(32, '0')
    const headers = [['traceparent', Buffer.from(`00-${id}-00f067aa0ba902b7-01`)] as const]
    const value = Buffer.from(JSON.stringify(event))
    return { topic: events.topic, partition: 0, offset: BigInt(offset), timestamp, key: null, value, headers }
  })
}
