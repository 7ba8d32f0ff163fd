import { type Action, type DeltaTable, type TableState, writeDataFile } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { asObject, type Json, namedValue, namedValues, type Row } from '../../types/index.js'
import { columnsOf, openTable } from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type Folded, foldRuns, newestEntry } from '../runLog/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type StepRun, type Trigger } from '../step/index.js'
import { ownSkew } from './clockSkew.js'
import { decodeMarks, encodeMarks, type Marks } from './drain.js'
import { decodeMonitorState, emptyMonitorState, encodeMonitorState } from './monitorState.js'
import { monitorTable } from './monitorTable.js'
import type { MonitorState } from './tablePositions.js'

/**
 * Looks at every table: appends one row a table to `monitor_logs`, and the runs since last time to `cluster_logs`. Two
 * at once: one appends, the other finds nothing to do.
 */
export async function runMonitor(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  const run = startStep(lake, { step: 'monitor', trigger })
  return [await reportStep(lake, run, observe(lake, run))]
}

/** What one run of the monitor leaves for the next, in the commit that has its rows. */
export interface Memory {
  /** Milliseconds of the storage's clock. */
  readonly runTime: number
  readonly states: Readonly<Record<string, MonitorState>>
  /** By stream: what was waiting in Kafka. */
  readonly marks: Readonly<Record<string, Marks>>
}

async function observe(lake: Lake, run: StepRun): Promise<StepResult> {
  await lake.journal.flush()
  // Opened before anything is done: whoever appends from here on makes this run a conflict.
  const { table, state, metadata, schema } = await openTable(lake, monitorTable)
  const { folded, failure } = await fold(lake)
  if (folded.contended)
    return { rowsIn: 0, rowsOut: 0, version: undefined, more: true, detail: { conflict: 'concurrentTransaction' } }
  const before = await lastMemory(table, state)
  const look = { runTime: await table.store.now(), ownSkew: await ownSkew(lake) }
  const { runTime } = look
  const states = namedValues<Json>()
  const marks = namedValues<Json>()
  const rows: Row[] = []
  const { driftRow } = await import('./driftRow.js')
  await using session = await openSession(lake)
  // What looks at tables is not needed to list the functions.
  const { observeStream } = await import('./observeStream.js')
  for (const stream of lake.streams) {
    const { name } = stream
    const remembered = {
      monitorState: namedValue(before.states, name) ?? emptyMonitorState,
      marks: namedValue(before.marks, name) ?? new Map(),
      lastRun: before.runTime,
    }
    const observed = await observeStream(lake, session, stream, remembered, look)
    states[name] = encodeMonitorState(observed.monitorState)
    marks[name] = encodeMarks(observed.marks)
    rows.push(...observed.rows, ...(await driftRow(lake, session, stream, runTime)))
  }
  if (failure !== undefined) rows.push(failedRow('cluster_logs', failure, runTime))
  const layout = { schema, partitionColumns: [], configuration: state.metadata.configuration }
  const add = await writeDataFile(table.store, layout, columnsOf(schema.fields, rows), {})
  const turn = `lake/${state.metadata.id}/monitor`
  const counts = { rowsIn: folded.rows, rowsOut: rows.length }
  const memory: Json = { runTime, books: states, marks }
  const actions: Action[] = [
    ...(metadata === undefined ? [] : [{ metaData: metadata }]),
    { txn: { appId: turn, version: (state.txns.get(turn)?.version ?? 0n) + 1n, lastUpdated: lake.clock.now() } },
    { add },
  ]
  const outcome = await table.commit({
    readVersion: state.version,
    actions,
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    operationMetrics: { numFiles: 1, numOutputRows: rows.length, numOutputBytes: add.size },
    info: { lake: { run: run.inCommit(counts, true), monitor: memory } },
    isBlindAppend: true,
    reads: { files: 'none', appIds: appId => appId === turn },
  })
  if (outcome.kind === 'conflict')
    return { ...counts, rowsOut: 0, version: undefined, detail: { runs: folded.rows, conflict: outcome.reason } }
  run.committed(counts, { table: monitorTable.path, version: outcome.version, ranges: [] })
  const { monitorLine } = await import('./monitorLine.js')
  const lines = rows.map(monitorLine)
  for (const listener of lake.listeners) listener.observed?.(lines)
  return { ...counts, version: outcome.version, more: folded.more, detail: { runs: folded.rows } }
}

/** Runs are recorded in a table of their own: what is wrong with it must not hide what is wrong with others. */
async function fold(lake: Lake): Promise<{ readonly folded: Folded; readonly failure: string | undefined }> {
  try {
    return { folded: await foldRuns(lake), failure: undefined }
  } catch (thrown) {
    const error = asError(thrown)
    lake.log.error('The runs cannot be recorded in cluster_logs.', { error: error.message })
    return { folded: { rows: 0, version: undefined, more: false, contended: false }, failure: error.message }
  }
}

/** Of a table that has no row unless something is wrong with it. */
function failedRow(table: string, message: string, runTime: number): Row {
  const reason = `The table cannot be written or read: ${message}${message.endsWith('.') ? '' : '.'}`
  return {
    ...Object.fromEntries(monitorTable.schema.fields.map(({ name }) => [name, null])),
    run_time: BigInt(runTime) * 1000n,
    table_name: table,
    status: 'DEGRADED',
    reason,
  }
}

/** What the newest run of the monitor left. */
export async function lastMemory(table: DeltaTable, state: TableState): Promise<Memory> {
  const memory = await newestEntry(table, state, 'monitor')
  const states = Object.entries(asObject(memory?.['books']) ?? {}).map(
    ([name, b]) => [name, decodeMonitorState(b)] as const,
  )
  const marks = Object.entries(asObject(memory?.['marks']) ?? {}).map(([name, m]) => [name, decodeMarks(m)] as const)
  return {
    runTime: Number(memory?.['runTime'] ?? 0),
    states: Object.fromEntries(states),
    marks: Object.fromEntries(marks),
  }
}
