import { type Row, textOf } from '../../types/index.js'
import type { Layer, Status } from '../monitor/index.js'
import { undeclaredEntries, type UndeclaredEntry } from './undeclaredEntry.js'

/** How good a verdict is: the larger, the worse. */
const severities: Readonly<Record<Status, number>> = { PAUSED: 0, OK: 0, LATE: 1, STALE: 2, DEGRADED: 3 }

/** A verdict, or UNKNOWN where no row says one that is known here. */
export type ShownStatus = Status | 'UNKNOWN'

/** A row of `monitor_logs` as far as a status needs it; undefined where the row, or an older table, says nothing. */
export interface MonitorEntry {
  /** Milliseconds of the storage's clock. */
  readonly runTime: number
  readonly table: string
  readonly stream: string | undefined
  readonly layer: Layer | undefined
  readonly status: ShownStatus
  readonly reason: string
  /** Microseconds since 1970. */
  readonly newestEvent: bigint | undefined
  readonly freshnessSeconds: number | undefined
  /** From Kafka's timestamp to committed row, 99th percentile of what the last run found. */
  readonly kafkaQueryableP99Seconds: number | undefined
  readonly lag: bigint | undefined
  readonly secondsToDrain: number | undefined
  /** Rejected records, and of those the ones that nobody has dealt with. */
  readonly rejected: bigint | undefined
  readonly backlog: bigint | undefined
  readonly reconciled: boolean | undefined
  readonly reconciliation: string | undefined
  readonly files: bigint | undefined
  readonly smallFiles: bigint | undefined
  readonly bytes: bigint | undefined
  readonly versionsSinceCheckpoint: bigint | undefined
  /** Fields that records have and the contract lacks, those of most records first. */
  readonly undeclared: readonly UndeclaredEntry[]
}

/** Undefined for a row that does not say of which table it is, or of when. */
export function monitorEntry(row: Row): MonitorEntry | undefined {
  const [micros, table] = [wholeOf(row, 'run_time'), textOf(row, 'table_name')]
  if (micros === undefined || table === undefined) return undefined
  const layer = textOf(row, 'layer')
  return {
    runTime: Number(micros) / 1000,
    table,
    stream: textOf(row, 'stream'),
    layer: isLayer(layer) ? layer : undefined,
    status: statusOf(textOf(row, 'status')),
    reason: textOf(row, 'reason') ?? '',
    newestEvent: wholeOf(row, 'newest_event_time'),
    freshnessSeconds: numberOf(row, 'freshness_seconds'),
    kafkaQueryableP99Seconds: numberOf(row, 'kafka_queryable_p99_seconds'),
    lag: wholeOf(row, 'lag'),
    secondsToDrain: numberOf(row, 'seconds_to_drain'),
    rejected: wholeOf(row, 'quarantined'),
    backlog: wholeOf(row, 'quarantine_backlog'),
    reconciled: typeof row['identity_closed'] === 'boolean' ? row['identity_closed'] : undefined,
    reconciliation: textOf(row, 'identity'),
    files: wholeOf(row, 'files'),
    smallFiles: wholeOf(row, 'small_files'),
    bytes: wholeOf(row, 'bytes'),
    versionsSinceCheckpoint: wholeOf(row, 'versions_since_checkpoint'),
    undeclared: undeclaredEntries(textOf(row, 'undeclared_fields')),
  }
}

/** A value of the column `status`; a later version may know more of them. */
export function statusOf(text: string | undefined): ShownStatus {
  return text !== undefined && Object.hasOwn(severities, text) ? (text as Status) : 'UNKNOWN'
}

/** How bad a verdict is: the larger, the worse; of an unknown one 0. */
export function severityOf(status: ShownStatus): number {
  return status === 'UNKNOWN' ? 0 : severities[status]
}

const layerNames: Readonly<Record<Layer, true>> = { bronze: true, silver: true, gold: true, summary: true }

function isLayer(text: string | undefined): text is Layer {
  return text !== undefined && Object.hasOwn(layerNames, text)
}

function wholeOf(row: Row, name: string): bigint | undefined {
  const value = row[name]
  return typeof value === 'bigint' ? value : undefined
}

function numberOf(row: Row, name: string): number | undefined {
  const value = row[name]
  return typeof value === 'number' ? value : undefined
}
