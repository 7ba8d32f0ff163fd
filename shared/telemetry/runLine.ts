import { namedValues } from '../types/index.js'
import type { LogData, Logger } from './logger.js'
import type { CoveredRange, RunListener, WrittenTable } from './runListener.js'
import { runFields, type RunRecord } from './runRecord.js'

/** Most partitions whose offsets one line names. */
const maxRanges = 64

/**
 * A run as a line of the log: the columns of its row of `cluster_logs`, and what it wrote. Times are ISO 8601; what is
 * absent is null, so that every line has every name.
 */
export function runLine(run: RunRecord, written?: WrittenTable): LogData {
  const line = namedValues<LogData[string]>()
  for (const field of runFields) {
    const value = run[field]
    line[columnOf(field)] =
      typeof value === 'number' && field.endsWith('Time') ? new Date(value).toISOString() : (value ?? null)
  }
  return {
    ...line,
    table_version: written?.version ?? run.version ?? null,
    table_name: written?.table ?? run.table ?? null,
    partitions: new Set(written?.ranges.map(range => range.partition)).size,
    offsets: written === undefined || written.ranges.length === 0 ? null : offsetsText(written.ranges),
  }
}

/** Writes a row for each run, and those of the monitor, where the log takes rows. */
export function rowListener(log: Logger): RunListener {
  return {
    ended(run, written) {
      log.row?.('cluster_logs', runLine(run, written))
    },
    observed(rows) {
      for (const row of rows) log.row?.('monitor_logs', row)
    },
  }
}

/** `0:100-199 3:7-7`: partition, first and last offset. */
export function offsetsText(ranges: readonly CoveredRange[]): string {
  const named = ranges.slice(0, maxRanges).map(({ partition, from, to }) => `${partition}:${from}-${to - 1n}`)
  return ranges.length > maxRanges ? `${named.join(' ')} …` : named.join(' ')
}

const renamed: Partial<Record<keyof RunRecord, string>> = { version: 'table_version', table: 'table_name' }
const columnOf = (field: keyof RunRecord) =>
  renamed[field] ?? field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
