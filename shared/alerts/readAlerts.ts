import { rowObjects, scanRows } from '../delta/index.js'
import type { Lake } from '../pipeline/lake/index.js'
import type { Row } from '../types/index.js'
import { type AlertRows, evaluateAlerts, type FiringAlert, lookbackMinutes } from './rules/index.js'

/** What alerts are read from. */
export type AlertLake = Pick<Lake, 'store' | 'settings' | 'table'>

/** The alerts of a lake at one moment, milliseconds of the storage's clock. */
export interface AlertReport {
  readonly checkedAt: number
  /** The worst first. */
  readonly firing: readonly FiringAlert[]
}

/**
 * The alerts that fire now, by the rows that the lake's tables have of the last hour. A lake whose monitor has never run
 * has one: that it does not run.
 *
 * @throws DeltaError, StorageError where a table cannot be read
 */
export async function readAlerts(lake: AlertLake): Promise<AlertReport> {
  const now = await lake.store.now()
  const rows: AlertRows = {
    monitor_logs: await recentRows(lake, 'monitor_logs', 'run_time', now),
    cluster_logs: await recentRows(lake, 'cluster_logs', 'end_time', now),
  }
  return { checkedAt: now, firing: evaluateAlerts(rows, now, lake.settings) }
}

async function recentRows(lake: AlertLake, path: string, time: string, now: number): Promise<readonly Row[]> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return []
  const value = BigInt(Math.floor(now - lookbackMinutes * 60_000)) * 1000n
  const scan = scanRows(table.store, snapshot, { predicate: { op: '>=', column: time, value } })
  const found: Row[] = []
  for await (const row of rowObjects(scan)) {
    // A file has rows on both sides of the limit.
    if (typeof row[time] === 'bigint' && row[time] >= value) found.push(row)
  }
  return found
}
