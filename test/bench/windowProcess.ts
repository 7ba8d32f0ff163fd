import { bronzePath, bronzeTable, silverPath, silverTable, type Stream } from '../../shared/contract/index.js'
import { createTable, type DeltaTable, readsNothing, writeDataFile } from '../../shared/delta/index.js'
import { lookupLayout } from '../../shared/pipeline/incremental/index.js'
import { keyIndexOf, maintainKeyIndex } from '../../shared/pipeline/keyIndex/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { refineSilver } from '../../shared/pipeline/silver/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { usageBetween } from '../../shared/storage/index.js'
import { dayMs } from '../../shared/types/index.js'
import { events as sample } from '../harness/sampleStream/events.js'
import { measured, median } from './measure.js'
import { peakBytes } from './peakMemory.js'
import {
  type FileRows,
  keyOf,
  lastHour,
  rowsOfDay,
  windowColumns,
  windowDay,
  windowDays,
  windowStart,
} from './windowRows.js'

/**
 * Run by the benchmark of silver's window in a process of its own, with a part of it to do: fills silver, opens its index
 * for the first time, or makes runs. Tells the measures as JSON.
 */
const [, , part = '', rowsText = '0', settings = '{}'] = process.argv
const rows = Number(rowsText)
const batchRows = 60_000
const duplicates = 600
const fileRows = 1_000_000
const warmingRuns = 5
const measuredRuns = 5
const pipelineRows = 500_000
const events: Stream = { ...sample, dedupeWithinMs: windowDays * dayMs }

async function main(): Promise<object> {
  const lake = await openLake(readSettings(JSON.parse(settings) as Record<string, string>), { streams: [events] })
  try {
    switch (part) {
      case 'fill':
      case 'pipeline':
        return await filled(lake, part)
      case 'cold':
        return await opened(lake)
      default:
        return await runs(lake)
    }
  } finally {
    await lake.close()
  }
}

/** Silver with so many rows: written into it by the engine, or brought through the pipeline; and its index. */
async function filled(lake: Lake, how: 'fill' | 'pipeline'): Promise<object> {
  const silver = lake.table(silverPath(events))
  const bronze = lake.table(bronzePath(events))
  await bronze.commit(createTable({ ...bronzeTable(events), createdTime: Date.now() }))
  const step = how === 'fill' ? fileRows : pipelineRows
  const filling = await measured(async () => {
    if (how === 'fill') await silver.commit(createTable({ ...silverTable(events), createdTime: Date.now() }))
    for (let day = 0; day < windowDays; day++) {
      const { name, from, count } = rowsOfDay(rows, day)
      const { date, start } = windowDay(day)
      for (let at = 0; at < count; at += step) {
        const own: FileRows = {
          name,
          from: from + at,
          count: Math.min(step, count - at),
          times: [start, start + dayMs * 1000],
        }
        if (how === 'fill') await append(silver, silverTable(events), own, { _event_date: date })
        else {
          await append(bronze, bronzeTable(events), own, { _ingest_date: date })
          await refined(lake, own.count)
        }
      }
    }
    return 0
  })
  const built = await measured(async () => {
    const now = () => windowStart / 1000 + windowDays * dayMs
    await maintainKeyIndex({ ...lake, clock: { ...lake.clock, now } }, events)
    return 0
  })
  let [bytes, segments] = [0, 0]
  for await (const { size } of lake.store.within(silverPath(events)).list('_key_index/')) {
    bytes += size
    segments++
  }
  return {
    fillCpu: filling.cpuMs / 1000,
    buildMicros: (built.cpuMs * 1000) / rows,
    bytesPerKey: bytes / rows,
    segments,
  }
}

/** What a cold instance fetches before its first run can ask the index. */
async function opened(lake: Lake): Promise<object> {
  const snapshot = await lake.table(silverPath(events)).snapshot()
  const keys = snapshot && keyIndexOf(lake, events, snapshot)
  if (snapshot === undefined || keys === undefined) throw new Error('no silver')
  const [used, peak] = [lake.store.usage(), await peakBytes()]
  const measure = await measured(
    async () => (await keys.index.locate(snapshot.files, Float64Array.of(1))).unknown.length,
  )
  return {
    seconds: measure.wallMs / 1000,
    cpu: measure.cpuMs / 1000,
    bytes: usageBetween(used, lake.store.usage()).bytesRead,
    peakBefore: peak,
    peak: await peakBytes(),
  }
}

/**
 * Runs until what a run goes through is compiled, the first of which also fetches what it needs, and then those that are
 * measured, as they are from then on; each must take exactly the new keys.
 */
async function runs(lake: Lake): Promise<object> {
  const bronze = lake.table(bronzePath(events))
  const batch = `batch ${part} ${Date.now() % 1e6}`
  const measures = []
  let [bytes, requests, stretches] = [0, 0, 0]
  for (let i = 0; i < warmingRuns + measuredRuns; i++) {
    const repeated = Array.from({ length: duplicates }, () => keyOf('window', Math.floor(Math.random() * rows)))
    const state = await bronze.state({ fresh: true })
    const own: FileRows = {
      name: batch,
      from: rows + (state?.version ?? 0) * batchRows,
      count: batchRows,
      times: lastHour,
      repeated,
    }
    await append(bronze, bronzeTable(events), own, { _ingest_date: windowDay(windowDays).date })
    const used = lake.store.usage()
    const measure = await measured(async () => {
      const detail = await refined(lake, batchRows)
      stretches = Number(detail['keyStretches'] ?? 0)
      return Number(detail['inserted'])
    })
    if (measure.result !== batchRows - duplicates)
      throw new Error(`${measure.result} rows of ${batchRows - duplicates}`)
    if (i >= warmingRuns) measures.push(measure)
    const { bytesRead, reads } = usageBetween(used, lake.store.usage())
    bytes = bytesRead
    requests = reads
  }
  const { cpuMs, wallMs } = median(measures)
  return { cpu: cpuMs / 1000, seconds: wallMs / 1000, bytes, requests, stretches, peak: await peakBytes() }
}

async function refined(lake: Lake, count: number): Promise<Readonly<Record<string, unknown>>> {
  let taken = 0
  for (;;) {
    const report = await refineSilver(lake, events)
    if (report.outcome !== 'committed') throw new Error(JSON.stringify(report))
    taken += report.rowsIn
    if (taken >= count) return report.detail
  }
}

async function append(
  table: DeltaTable,
  spec: ReturnType<typeof silverTable>,
  own: FileRows,
  partition: Readonly<Record<string, string>>,
): Promise<void> {
  const layout = { ...spec, configuration: {} }
  const columns = windowColumns(spec.schema, own)
  const add = await writeDataFile(table.store, layout, columns, partition, lookupLayout(events))
  const readVersion = (await table.state({ fresh: true }))?.version ?? 0
  await table.commit({ readVersion, actions: [{ add }], operation: 'WRITE', isBlindAppend: true, reads: readsNothing })
}

process.stdout.write(JSON.stringify(await main()))
