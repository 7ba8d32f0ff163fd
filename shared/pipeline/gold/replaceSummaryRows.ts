import { type Stream, summaryGroupName, summaryPartitionColumns, summaryTable } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { copyToParquet, identifier, literal, openDeltaView, publishFile } from '../../query/index.js'
import type { OpenedTable, SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { ChosenWindows } from './chosenWindows.js'
import { type Day, filesByDay, summaryDays } from './summaryFiles.js'
import { windowMicros } from './summaryWindows.js'

/** What the summary's rows are made of. */
export interface MadeRows {
  readonly touched: ChosenWindows['touched']
  /** The rows of these windows. */
  readonly fresh: SessionTable
  /** Scored rows of other windows; absent where the whole summary is made. */
  readonly waiting: ChosenWindows['waiting'] | undefined
}

/**
 * Writes one file per day out of the rows of the computed windows and what stays of the files they take the place of. Rows
 * of other windows stay as they are, but for how many events of them wait.
 */
export async function replaceSummaryRows(
  lake: Lake,
  stream: Stream,
  summary: OpenedTable,
  made: MadeRows,
): Promise<{ readonly adds: readonly AddFile[]; readonly replaced: readonly AddFile[] }> {
  const { state, schema } = summary
  const { session } = made.fresh
  const store = lake.store.within(summaryTable(stream).path)
  const names = schema.fields.flatMap(f => (summaryPartitionColumns.includes(f.name) ? [] : [f.name]))
  const group = summaryGroupName(stream)
  const adds: AddFile[] = []
  const replaced: AddFile[] = []
  for (const { day, files } of await changedDays(summary, made)) {
    const shape = { metadata: state.metadata, schema }
    using view = await openDeltaView(session, lake.files, { store, state: shape, files, columns: names })
    const file = await copyToParquet(session, {
      select: [freshRows(made, names, day), ...otherRows(made, { names, group, day, old: `(${view.sql})` })].join(
        ' UNION ALL BY NAME ',
      ),
      orderBy: group === undefined ? 'window_start' : `window_start, ${identifier(group)}`,
      table: { ...state.metadata, schema },
      partitionValues: { _window_date: day },
    })
    replaced.push(...files)
    if (file !== undefined) adds.push(await publishFile(store, file, lake.clock))
  }
  return { adds, replaced }
}

/** The days of all windows that change, and the files that hold them now. */
async function changedDays(
  { table, state, schema }: OpenedTable,
  { touched, waiting }: MadeRows,
): Promise<readonly Day[]> {
  const all = [touched, ...(waiting === undefined ? [] : [waiting])].map(({ name }) => `SELECT w FROM ${name}`)
  const { rows } = await touched.session.query(`${all.join(' UNION ')} ORDER BY w`)
  const files = waiting === undefined ? [] : ((await table.snapshot({ version: state.version }))?.files ?? [])
  return filesByDay(
    { metadata: state.metadata, schema, files },
    summaryDays,
    rows.map(({ w }) => w as bigint),
  )
}

/** A SELECT of columns; one that `valueOf` does not know is null. */
function selectOf(names: readonly string[], valueOf: (name: string) => string | undefined): string {
  return `SELECT ${names.map(name => `${valueOf(name) ?? 'NULL'} AS ${identifier(name)}`).join(', ')}`
}

const isOf = (day: string, time: string) => `CAST(${time} AS DATE) = CAST(${literal(day)} AS DATE)`

function freshRows({ fresh }: MadeRows, names: readonly string[], day: string): string {
  const select = selectOf(names, name => (fresh.columns.includes(name) ? identifier(name) : undefined))
  return `${select} FROM ${fresh.name} WHERE ${isOf(day, 'window_start')}`
}

/** What a row has of which all events wait. */
const allWait: Readonly<Record<string, string>> = {
  window_start: 'make_timestamptz(gain.w)',
  window_end: `make_timestamptz(gain.w + ${windowMicros})`,
  events: '0',
  late: '0',
  scored: '0',
  anomalies: '0',
  waiting: 'gain.n',
  newest_ingested_at: 'gain.newest',
}

/** Rows of windows that are not computed: those there are, and those of groups that have come to a window since. */
function otherRows(
  { touched, waiting }: MadeRows,
  at: {
    readonly names: readonly string[]
    readonly group: string | undefined
    readonly day: string
    readonly old: string
  },
): readonly string[] {
  if (waiting === undefined) return []
  const { names, group, day } = at
  const isSameGroup = group === undefined ? '' : ` AND gain.g IS NOT DISTINCT FROM old.${identifier(group)}`
  const isSame = `gain.w = epoch_us(old.window_start)${isSameGroup}`
  const kept = selectOf(names, name =>
    name === 'waiting' ? 'coalesce(old.waiting, 0) + coalesce(gain.n, 0)' : `old.${identifier(name)}`,
  )
  const came = selectOf(names, name => (name === group ? 'gain.g' : allWait[name]))
  return [
    `${kept} FROM ${at.old} AS old LEFT JOIN ${waiting.name} AS gain ON ${isSame}
      WHERE epoch_us(old.window_start) NOT IN (SELECT w FROM ${touched.name})`,
    `${came} FROM ${waiting.name} AS gain ANTI JOIN ${at.old} AS old ON ${isSame}
      WHERE ${isOf(day, 'make_timestamptz(gain.w)')}`,
  ]
}
