import type { LogData } from '../../telemetry/index.js'
import type { Row, Value } from '../../types/index.js'
import { monitorTable } from './monitorTable.js'

/** A row of `monitor_logs` as a line of the log: every column by its name, times as ISO 8601. */
export function monitorLine(row: Row): LogData {
  return Object.fromEntries(
    monitorTable.schema.fields.map(({ name, type }) => [name, plain(row[name] ?? null, type === 'timestamp')]),
  )
}

function plain(value: Value, isTime: boolean): LogData[string] {
  if (typeof value === 'bigint') return isTime ? new Date(Number(value) / 1000).toISOString() : value
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
