import {
  bronzePath,
  driftPath,
  resolvedPath,
  scoredPath,
  silverPath,
  sqlName,
  summaryPath,
  tablesOf,
} from '../../contract/index.js'
import { scanRows } from '../../delta/index.js'
import type { Row, Value } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { type CostedRun, CostLedger } from './costLedger.js'
import { type CostReport, costReport } from './costReport.js'

/** What costs are read from. */
export type CostLake = Pick<Lake, 'store' | 'settings' | 'prices' | 'table'>

const columns = {
  step: 'step',
  stream: 'stream',
  table: 'table_name',
  outcome: 'outcome',
  startTime: 'start_time',
  endTime: 'end_time',
  durationMs: 'duration_ms',
  executionOffsetMs: 'execution_offset_ms',
  rowsOut: 'rows_out',
  bytesOut: 'bytes_out',
  reads: 'storage_reads',
  writes: 'storage_writes',
  lists: 'storage_lists',
  deletes: 'storage_deletes',
  estimatedCostUsd: 'estimated_cost_usd',
} as const satisfies Readonly<Record<keyof CostedRun, string>>

/**
 * What the runs that ended since a time cost, by the settings' prices of now. Memory does not grow with the runs. Undefined
 * when there is no table `cluster_logs`.
 *
 * @param since milliseconds since 1970
 */
export async function readCost(lake: CostLake, since: number): Promise<CostReport | undefined> {
  const { prices, settings } = lake
  const table = lake.table('cluster_logs')
  const [now, snapshot] = await Promise.all([lake.store.now(), table.snapshot()])
  if (snapshot === undefined) return undefined
  const ledger = new CostLedger(prices.minimumExecutionMs, now)
  const known = new Set(snapshot.schema.fields.map(({ name }) => name))
  const value = BigInt(Math.floor(since)) * 1000n
  const { fields, batches } = scanRows(table.store, snapshot, {
    // A table of an older version may lack some.
    columns: Object.values(columns).filter(name => known.has(name)),
    predicate: { op: '>=', column: columns.endTime, value },
  })
  const places = new Map(fields.map(({ name }, i) => [name, i]))
  for await (const { rows, columns: data } of batches) {
    const valueOf = (name: string, row: number) => data[places.get(name) ?? -1]?.[row] ?? null
    for (let row = 0; row < rows; row++) {
      const run = runOf(name => valueOf(columns[name], row))
      if (run !== undefined && run.endTime >= since) ledger.add(run)
    }
  }
  const conditions = { prices, instanceMemoryBytes: settings.instanceMemoryMb * 1024 ** 2 }
  return costReport(ledger, conditions, tablesOfStep)
}

/** A row of `cluster_logs` as far as it costs; undefined for one that does not say when the run ended. */
export function costedRun(row: Row): CostedRun | undefined {
  return runOf(name => row[columns[name]] ?? null)
}

/** Undefined for a row that does not say when the run ended. */
function runOf(valueOf: (name: keyof CostedRun) => Value): CostedRun | undefined {
  const text = (name: keyof CostedRun) => {
    const value = valueOf(name)
    return typeof value === 'string' ? value : undefined
  }
  // Less than nothing is no cost: a clock that was set back while a run lasted.
  const amount = (name: keyof CostedRun) => {
    const value = Number(valueOf(name) ?? 0)
    return Number.isFinite(value) ? Math.max(0, value) : 0
  }
  const end = valueOf('endTime')
  if (typeof end !== 'bigint') return undefined
  const start = valueOf('startTime')
  return {
    step: text('step') ?? 'unknown',
    stream: text('stream'),
    table: text('table'),
    outcome: text('outcome') ?? 'unknown',
    startTime: Number(typeof start === 'bigint' ? start : end) / 1000,
    endTime: Number(end) / 1000,
    durationMs: amount('durationMs'),
    executionOffsetMs: valueOf('executionOffsetMs') === null ? undefined : amount('executionOffsetMs'),
    rowsOut: amount('rowsOut'),
    bytesOut: amount('bytesOut'),
    reads: amount('reads'),
    writes: amount('writes'),
    lists: amount('lists'),
    deletes: amount('deletes'),
    estimatedCostUsd: amount('estimatedCostUsd'),
  }
}

/** What a step writes, as SQL names it. */
export function tablesOfStep(step: string, stream: string | undefined): readonly string[] {
  if (stream === undefined) return step === 'monitor' || step === 'maintenance' ? ['monitor_logs', 'cluster_logs'] : []
  const of = { name: stream }
  const paths: Readonly<Record<string, readonly string[]>> = {
    bronze: [bronzePath(of)],
    silver: [silverPath(of)],
    gold: [scoredPath(of), summaryPath(of), driftPath(of)],
    replay: [silverPath(of), resolvedPath(of)],
    erase: [...tablesOf(of), resolvedPath(of)],
    maintenance: [...tablesOf(of), resolvedPath(of)],
  }
  return (Object.hasOwn(paths, step) ? (paths[step] ?? []) : []).map(sqlName)
}
