import { type Row, textOf } from '../../types/index.js'
import { severityOf, statusOf } from '../status/index.js'
import { limits, type NotableEvent, type Overview, type StatusChange, type TableOverview } from './overview.js'
import { addSamples, emptyTimeline, type Sample, type TableMeasure, tableMeasures } from './series.js'
import { countOf, timeOf } from './taskRun.js'

/** What rows of `monitor_logs` make of the tables. */
export interface TablesFold {
  readonly tables: Overview['tables']
  readonly events: readonly NotableEvent[]
}

/**
 * Takes rows of `monitor_logs` in, in the order of their time: the newest one of each table stays whole, the others as
 * values over time, changes of the verdict, and events. Rows of the future are left out. Pure.
 *
 * @param now milliseconds of the storage's clock
 */
export function foldTables(before: Overview['tables'], rows: readonly Row[], now: number): TablesFold {
  const byTable = new Map<string, Row[]>()
  for (const row of rows) {
    const [name, at] = [textOf(row, 'table_name'), timeOf(row['run_time'])]
    if (name === undefined || at === undefined || at > now + graceMs) continue
    const list = byTable.get(name)
    if (list === undefined) byTable.set(name, [row])
    else list.push(row)
  }
  const tables = new Map(Object.entries(before))
  const events: NotableEvent[] = []
  for (const [name, list] of byTable) {
    const hasRoom = tables.size <= limits.timelines
    const folded = foldTable(tables.get(name), list, now, hasRoom)
    tables.set(name, folded.table)
    events.push(...folded.events)
  }
  return { tables: Object.fromEntries(tables), events }
}

/** As in the rule for times of one clock. */
const graceMs = 2_000

function foldTable(before: TableOverview | undefined, rows: readonly Row[], now: number, hasRoom: boolean) {
  let newest = before?.row
  const changes: StatusChange[] = [...(before?.changes ?? [])]
  const samples: Sample<TableMeasure>[] = []
  const events: NotableEvent[] = []
  const inOrder = [...rows].sort((a, b) => (timeOf(a['run_time']) ?? 0) - (timeOf(b['run_time']) ?? 0))
  for (const row of inOrder) {
    const at = timeOf(row['run_time']) ?? 0
    const about = textOf(row, 'table_name') ?? ''
    const isNewest = newest === undefined || at >= (timeOf(newest['run_time']) ?? 0)
    const rejected = rejectedSince(newest, row)
    samples.push({ at, values: valuesOf(row, rejected) })
    if (!isNewest) continue
    const status = statusOf(textOf(row, 'status'))
    const known = changes.at(-1)?.status
    if (known !== status) {
      changes.push({ at, status })
      if (known !== undefined)
        events.push({ at, kind: 'status', about, text: `${known} → ${status}: ${textOf(row, 'reason') ?? ''}` })
    }
    if (rejected > 0)
      events.push({
        at,
        kind: 'rejected',
        about,
        text: `${rejected} ${rejected === 1 ? 'record' : 'records'} rejected`,
      })
    newest = row
  }
  const timeline = before?.timeline ?? emptyTimeline(tableMeasures)
  const table: TableOverview = {
    row: newest ?? {},
    changes: changes.slice(-limits.changes),
    timeline: hasRoom ? addSamples(timeline, tableMeasures, samples, now) : undefined,
  }
  return { table, events }
}

function valuesOf(row: Row, rejected: number): Sample<TableMeasure>['values'] {
  const number = (name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]))
  return {
    p50: number('queryable_p50_seconds'),
    p95: number('queryable_p95_seconds'),
    p99: number('queryable_p99_seconds'),
    kafkaP99: number('kafka_queryable_p99_seconds'),
    freshness: number('freshness_seconds'),
    lag: number('lag'),
    rows: number('rows_added'),
    late: number('late_count'),
    rejected,
    severity: severityOf(statusOf(textOf(row, 'status'))),
  }
}

/** `quarantined` is cumulative; where it fell, the table was recreated. */
function rejectedSince(before: Row | undefined, row: Row): number {
  if (before === undefined) return 0
  return Math.max(0, countOf(row['quarantined']) - countOf(before['quarantined']))
}
