import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { bronzePath, bronzeTable } from '../../shared/contract/index.js'
import { type AddFile, createTable, readsNothing, writeDataFile } from '../../shared/delta/index.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { rebuildSilver, refineSilver } from '../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { readSettings } from '../../shared/settings/index.js'
import type { Column, ColumnData } from '../../shared/types/index.js'
import { events } from '../harness/sampleStream/events.js'

export interface SilverMeasure {
  readonly name: string
  readonly rows: number
  readonly seconds: number
  readonly rowsPerSecond: number
  /** Highest resident memory of the process so far. */
  readonly peakMemoryBytes: number
}

const fileRows = 250_000
/** 2025-04-01T17:00:00Z, microseconds. */
const start = 1_743_526_800_000_000

/**
 * Bronze rows of the sample event, one in a hundred a duplicate, in files as bronze writes them, refined to silver on
 * the local disk: into an empty table, on top of what is there, and rebuilt.
 */
export async function silverBench(rows = 1_000_000): Promise<SilverMeasure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-bench-'))
  const lake = await openLake(readSettings({ LAKE_URL: pathToFileURL(folder).href }), { streams: [events] })
  try {
    const table = lake.table(bronzePath(events))
    await table.commit(createTable({ ...bronzeTable(events), createdTime: Date.now() }))
    const layout = { ...bronzeTable(events), configuration: {} }
    let version = 0
    const ingest = async (first: number) => {
      for (let file = 0; file < rows / fileRows; file++) {
        const at = first + file * fileRows
        const columns = bronzeRows(at, Math.min(fileRows, rows - file * fileRows), file)
        const add: AddFile = await writeDataFile(table.store, layout, columns, { _ingest_date: '2025-04-01' })
        await table.commit({
          readVersion: version++,
          actions: [{ add }],
          operation: 'WRITE',
          isBlindAppend: true,
          reads: readsNothing,
        })
      }
    }
    await ingest(0)
    const empty = await measure('silver, first run', rows, () => refineSilver(lake, events))
    await ingest(rows)
    const onTop = await measure('silver, on top of as many rows', rows, () => refineSilver(lake, events))
    const rebuilt = await measure('silver, rebuilt', 2 * rows, () => rebuildSilver(lake, events))
    return [empty, onTop, rebuilt]
  } finally {
    await lake.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(name: string, rows: number, run: () => Promise<StepReport>): Promise<SilverMeasure> {
  const began = performance.now()
  const report = await run()
  const seconds = (performance.now() - began) / 1000
  if (report.outcome !== 'committed' || report.rowsIn !== rows) throw new Error(`${name}: ${JSON.stringify(report)}`)
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024
  return { name, rows, seconds, rowsPerSecond: Math.round(rows / seconds), peakMemoryBytes }
}

const types = ['click', 'view', 'purchase', 'scroll']

function bronzeRows(first: number, count: number, partition: number): Column[] {
  const random = mulberry(first + 1)
  const make = <T>(value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i))
  const ids = make(i => String(first + (i > 100 && random() < 0.01 ? i - 100 : i)))
  const kinds = make(() => types[Math.floor(random() * types.length)] ?? 'click')
  const times = make(i => BigInt(start + (first + i) * 1000 - Math.floor(random() * 1e6)))
  const values = make(() => Math.floor(random() * 10_000) / 4)
  const text = new TextEncoder()
  const data: Readonly<Record<string, ColumnData>> = {
    _partition: new Int32Array(count).fill(partition),
    _offset: BigInt64Array.from(make(i => BigInt(first + i))),
    _timestamp: BigInt64Array.from(make(i => BigInt(start + (first + i) * 1000))),
    _ingested_at: new BigInt64Array(count).fill(BigInt(start + (first + count) * 1000)),
    _topic: new Array<string>(count).fill('events'),
    _generation: new Int32Array(count),
    _error_code: new Array<null>(count).fill(null),
    _error_path: new Array<null>(count).fill(null),
    _error_message: new Array<null>(count).fill(null),
    _key: new Array<null>(count).fill(null),
    _value: make(i =>
      text.encode(
        JSON.stringify({
          event_id: ids[i],
          event_type: kinds[i],
          timestamp: new Date(Number((times[i] ?? 0n) / 1000n)),
          value: String(values[i]),
        }),
      ),
    ),
    _headers: new Array<null>(count).fill(null),
    event_id: ids,
    event_type: kinds,
    timestamp: BigInt64Array.from(times),
    value: Float64Array.from(values),
  }
  return bronzeTable(events).schema.fields.flatMap(field => {
    const column = data[field.name]
    return column === undefined ? [] : [{ field, data: column }]
  })
}

function mulberry(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
