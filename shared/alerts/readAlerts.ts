import type { Lake } from '../pipeline/lake/index.js'
import { recentRows } from './recentRows.js'
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
  const from = now - lookbackMinutes * 60_000
  const rows: AlertRows = {
    monitor_logs: await recentRows(lake, 'monitor_logs', from),
    cluster_logs: await recentRows(lake, 'cluster_logs', from),
  }
  return { checkedAt: now, firing: evaluateAlerts(rows, now, lake.settings) }
}
