import { randomFillSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { bronzePath, bronzeTable, silverPath, silverTable } from '../../shared/contract/index.js'
import { createTable, type DeltaTable, readsNothing, writeDataFile } from '../../shared/delta/index.js'
import { maintainKeyIndex } from '../../shared/pipeline/keyIndex/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { refineSilver } from '../../shared/pipeline/silver/index.js'
import { readSettings } from '../../shared/settings/index.js'
import type { Column, ColumnData, StructType } from '../../shared/types/index.js'
import { events } from '../harness/sampleStream/events.js'
import { type Measure, measured, median } from './measure.js'

/** A run of silver, with so many rows in its window. */
export interface WindowMeasure {
  readonly name: string
  readonly figure: string
}

const batchRows = 60_000
const fileRows = 1_000_000
/** 2025-04-01T00:00:00Z, microseconds, and the day in it that all events are of. */
const start = 1_743_465_600_000_000
const dayMicros = 86_400_000_000

/**
 * Runs of silver of 60,000 events, one in a hundred a duplicate of a row anywhere in the window, with random keys in a
 * silver of `rows` rows that was written by the engine itself; with the key index and without it.
 */
export async function windowBench(rows = 1_000_000): Promise<WindowMeasure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-window-'))
  const measures: WindowMeasure[] = []
  const add = (name: string, figure: string) => void measures.push({ name, figure })
  const open = (index: 'on' | 'off') =>
    openLake(readSettings({ LAKE_URL: pathToFileURL(folder).href, SILVER_KEY_INDEX: index }), { streams: [events] })
  try {
    const lake = await open('on')
    const known = await fill(lake, rows)
    const built = await measured(async () => {
      await maintainKeyIndex({ ...lake, clock: { ...lake.clock, now: () => start / 1000 } }, events)
      return 0
    })
    let bytes = 0
    for await (const { size } of lake.store.within(silverPath(events)).list('_key_index/')) bytes += size
    add('index built', `${seconds(built)}, ${(bytes / rows).toFixed(2)} bytes a key`)
    const state = { offset: 0n, known }
    add('first run, index opened', seconds(await run(lake, state)))
    add('run with the index', seconds(await repeated(() => run(lake, state))))
    await lake.close()
    const plain = await open('off')
    add('run that reads all keys', seconds(await repeated(() => run(plain, state))))
    await plain.close()
    add('peak memory of the process', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
    return measures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const seconds = ({ cpuMs, wallMs }: Measure) => `${(cpuMs / 1000).toFixed(2)} s CPU, ${(wallMs / 1000).toFixed(2)} s`

async function repeated(work: () => Promise<Measure>): Promise<Measure> {
  const measures: Measure[] = []
  for (let i = 0; i < 3; i++) measures.push(await work())
  return median(measures)
}

interface Progress {
  offset: bigint
  /** Some keys of silver. */
  readonly known: readonly string[]
}

/** Brings events to bronze, which is not measured, and to silver, which is. */
async function run(lake: Lake, progress: Progress): Promise<Measure> {
  const ids = uuids(batchRows).map((id, i) =>
    i % 100 === 0 ? (progress.known[Math.floor(Math.random() * progress.known.length)] ?? id) : id,
  )
  const table = lake.table(bronzePath(events))
  if ((await table.state()) === undefined)
    await table.commit(createTable({ ...bronzeTable(events), createdTime: Date.now() }))
  await append(table, bronzeTable(events), columnsOf(bronzeTable(events).schema, ids, progress.offset), {
    _ingest_date: '2025-04-01',
  })
  progress.offset += BigInt(batchRows)
  return measured(async () => {
    const report = await refineSilver(lake, events)
    if (report.outcome !== 'committed' || report.rowsIn !== batchRows) throw new Error(JSON.stringify(report))
    return Number(report.detail['inserted'])
  })
}

/** @returns some of the keys, from all over the table */
async function fill(lake: Lake, rows: number): Promise<readonly string[]> {
  const table = lake.table(silverPath(events))
  await table.commit(createTable({ ...silverTable(events), createdTime: Date.now() }))
  const known: string[] = []
  for (let from = 0; from < rows; from += fileRows) {
    const ids = uuids(Math.min(fileRows, rows - from))
    for (let i = 0; i < ids.length; i += 997) known.push(ids[i] ?? '')
    const columns = columnsOf(silverTable(events).schema, ids, BigInt(from))
    await append(table, silverTable(events), columns, { _event_date: '2025-04-01' })
  }
  return known
}

async function append(
  table: DeltaTable,
  spec: ReturnType<typeof silverTable>,
  columns: readonly Column[],
  partition: Readonly<Record<string, string>>,
): Promise<void> {
  const layout = { ...spec, configuration: {} }
  const add = await writeDataFile(table.store, layout, columns, partition, { rowGroupRows: 8192 })
  const state = await table.state({ fresh: true })
  const readVersion = state?.version ?? 0
  await table.commit({ readVersion, actions: [{ add }], operation: 'WRITE', isBlindAppend: true, reads: readsNothing })
}

function uuids(count: number): string[] {
  const hex = randomFillSync(Buffer.allocUnsafe(16 * count)).toString('hex')
  return Array.from({ length: count }, (_, i) => {
    const at = 32 * i
    return `${hex.slice(at, at + 8)}-${hex.slice(at + 8, at + 12)}-${hex.slice(at + 12, at + 16)}-${hex.slice(at + 16, at + 20)}-${hex.slice(at + 20, at + 32)}`
  })
}

function columnsOf(schema: StructType, ids: readonly string[], offset: bigint): Column[] {
  const n = ids.length
  const times = BigInt64Array.from(ids, () => BigInt(start + Math.floor(Math.random() * dayMicros)))
  const data: Readonly<Record<string, ColumnData>> = {
    event_id: [...ids],
    event_type: ids.map((_, i) => (i % 3 === 0 ? 'click' : 'view')),
    timestamp: times,
    value: Float64Array.from(ids, () => Math.random()),
    _topic: new Array<string>(n).fill('events'),
    _generation: new Int32Array(n),
    _partition: new Int32Array(n),
    _offset: BigInt64Array.from(ids, (_, i) => offset + BigInt(i)),
    _timestamp: times,
    _ingested_at: new BigInt64Array(n).fill(BigInt(start)),
    _late: new Array<boolean>(n).fill(false),
  }
  return schema.fields.flatMap(field => {
    const column = data[field.name]
    return column === undefined ? [] : [{ field, data: column }]
  })
}
