import { type StatusReport, type TableStatus, undeclaredText } from '../../pipeline/status/index.js'
import { terminalLine } from '../../telemetry/index.js'
import { inWords, type JsonObject } from '../../types/index.js'

/** What `lake status` says of the lake: as JSON, and as lines for people. */

/** Columns of {@link statusRecords} that CSV shows. */
export const statusColumns = [
  'table',
  'status',
  'reason',
  'since',
  'sinceIsKnown',
  'repair',
  'seenAt',
  'freshnessSeconds',
  'kafkaQueryableP99Seconds',
  'lag',
  'secondsToDrain',
  'rejected',
  'quarantineBacklog',
  'reconciled',
  'reconciliation',
  'files',
  'smallFiles',
  'bytes',
  'versionsSinceCheckpoint',
  'undeclaredFields',
] as const

const timeText = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())

/** The monitor, as the table that it writes, and each table: `status` of the monitor is OK, SILENT or NEVER. */
export function statusRecords({ monitor, tables }: StatusReport): readonly JsonObject[] {
  const nothing = Object.fromEntries(statusColumns.map(name => [name, null]))
  return [
    {
      ...nothing,
      table: 'monitor_logs',
      status: monitor.state,
      reason: monitor.reason,
      repair: monitor.repair ?? null,
      seenAt: timeText(monitor.lastRun),
    },
    ...tables.map(tableRecord),
  ]
}

function tableRecord(t: TableStatus): JsonObject {
  return {
    table: t.table,
    status: t.status,
    reason: t.reason,
    since: timeText(t.since?.time),
    sinceIsKnown: t.since?.isStart ?? null,
    repair: t.repair ?? null,
    seenAt: timeText(t.seenAt),
    freshnessSeconds: t.freshnessSeconds ?? null,
    kafkaQueryableP99Seconds: t.kafkaQueryableP99Seconds ?? null,
    lag: t.lag ?? null,
    secondsToDrain: t.secondsToDrain ?? null,
    rejected: t.rejected ?? null,
    quarantineBacklog: t.backlog ?? null,
    reconciled: t.reconciled ?? null,
    reconciliation: t.reconciliation ?? null,
    files: t.files ?? null,
    smallFiles: t.smallFiles ?? null,
    bytes: t.bytes ?? null,
    versionsSinceCheckpoint: t.versionsSinceCheckpoint ?? null,
    undeclaredFields: t.undeclared.map(({ field = null, records, line = null }) => ({ field, records, line })),
  }
}

const indent = ' '.repeat(10)

/** The same in lines; nothing of it is obeyed by a terminal, or can pass for a line of another table. */
export function statusText(report: StatusReport): string {
  const { monitor, tables, checkedAt } = report
  return [
    line(monitor.state === 'OK' ? '' : monitor.state, `${monitor.reason}${repairText(monitor.repair)}`),
    ...tables.flatMap(table => tableLines(table, checkedAt)),
  ].join('')
}

function tableLines(t: TableStatus, now: number): readonly string[] {
  const facts = factsOf(t)
  const undeclared = undeclaredText(t.undeclared)
  return [
    line(t.status, `${t.table}${sinceText(t, now)}`),
    line('', `${t.reason}${repairText(t.repair)}`),
    ...(facts.length === 0 ? [] : [line('', facts.join(' · '))]),
    ...(undeclared === undefined ? [] : [line('', undeclared)]),
    ...(t.reconciled === false ? [line('', `counts: ${t.reconciliation ?? 'not known'}`)] : []),
  ]
}

const line = (status: string, text: string) => `${terminalLine(status).padEnd(indent.length)}${terminalLine(text)}\n`

function repairText(repair: string | undefined): string {
  return repair === undefined ? '' : ` → npx ${repair}`
}

function sinceText({ since }: TableStatus, now: number): string {
  if (since === undefined || since.time > now) return ''
  const words = inWords((now - since.time) / 1000)
  return `, since ${new Date(since.time).toISOString().slice(0, 19)}Z (${since.isStart ? '' : 'at least '}${words})`
}

function factsOf(t: TableStatus): readonly string[] {
  const {
    freshnessSeconds: fresh,
    kafkaQueryableP99Seconds: p99,
    lag,
    secondsToDrain: drain,
    rejected,
    reconciled,
    files,
  } = t
  return [
    ...(fresh === undefined ? [] : [`newest event ${inWords(fresh)} old`]),
    ...(p99 === undefined ? [] : [`p99 ${p99 < 10 ? `${p99.toFixed(1)} s` : inWords(p99)} from Kafka`]),
    ...(lag === undefined ? [] : [lag === 0n ? 'lag 0' : `lag ${lag}, ${drainText(drain)}`]),
    ...(rejected === undefined ? [] : [rejectedText(rejected, t.backlog)]),
    ...(reconciled === undefined ? [] : [reconciled ? 'counts reconciled' : 'counts NOT reconciled']),
    ...(files === undefined ? [] : [`${files} files, ${t.smallFiles ?? 0n} small`]),
    ...(t.versionsSinceCheckpoint === undefined ? [] : [`${t.versionsSinceCheckpoint} versions since a checkpoint`]),
  ]
}

function drainText(seconds: number | undefined): string {
  return seconds === undefined ? 'not draining' : `drained in ${inWords(seconds)}`
}

function rejectedText(rejected: bigint, backlog: bigint | undefined): string {
  if (rejected === 0n) return 'none rejected'
  return backlog === undefined ? `${rejected} rejected` : `${rejected} rejected, ${backlog} in quarantine`
}
