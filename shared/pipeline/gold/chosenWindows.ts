import { scoredPath, type Stream } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import { dayMicros } from '../../types/index.js'
import { isOver, type RebuildInput, type RefreshOptions, rowsIn, SessionTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { changedWindows } from './changedWindows.js'
import { dueWindows } from './dueWindows.js'
import { type GainedRows, gainedRows } from './gainedRows.js'
import { windowDay, windowMicros, windowOf } from './summaryWindows.js'

/** Beginnings of windows, microseconds. */
export type Windows = SessionTable<'w'>

/** What a run of the summary has to do with windows. */
export interface ChosenWindows {
  /** Those that are computed. */
  readonly touched: Windows
  /** Rows of others, which wait. */
  readonly waiting: GainedRows
}

/** What the scored table has gained, and days of which it has lost rows. */
export interface Touching {
  readonly files: readonly AddFile[]
  readonly days: readonly string[]
}

/** Rows of other windows that are read although these gained few: what costs less than a second. */
const defaultSummaryRows = 2 ** 20
/** Of a run that has many new rows, as many times these may be read again. */
const mostAgain = 4

/** The windows that have rows in the files. */
export async function windowsIn(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  scored: Snapshot,
  files: readonly AddFile[],
): Promise<Windows> {
  const store = lake.store.within(scoredPath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns: [stream.eventTime] })
  const select = `SELECT DISTINCT ${windowOf(stream)} AS w FROM (${view.sql})`
  return await SessionTable.create(session, 'touched', ['w'], select)
}

/**
 * Chooses from the windows that gained rows or wait since an earlier run. A timer's run leaves some to later ones (see
 * `dueWindows`); of a day that has lost rows all are computed.
 */
export async function chooseWindows(
  { session, lake, stream }: { readonly session: DuckDbSession; readonly lake: Lake; readonly stream: Stream },
  { trigger, summaryRows = defaultSummaryRows }: RefreshOptions,
  { source: scored, target: summary, firstDay }: RebuildInput,
  { files, days }: Touching,
): Promise<ChosenWindows> {
  const gained = await gainedRows(session, lake, stream, scored, files)
  const changed = await changedWindows(gained, lake, stream, summary)
  const current = changed.filter(({ start }) => !isOver(windowDay(start), firstDay))
  const bounds = { rows: Math.max(summaryRows, mostAgain * rowsIn(files)), turn: summary.state.version }
  const due = trigger === 'command' ? new Set(current.map(({ start }) => start)) : dueWindows(current, bounds)
  const select = `SELECT unnest([${[...due].join(', ')}]::BIGINT[]) AS w`
  const touched = await SessionTable.create(session, 'touched', ['w'], select)
  for (const day of days) await addWindowsOf(touched, day)
  const others = `SELECT * FROM ${gained.name} WHERE w NOT IN (SELECT w FROM ${touched.name})`
  return { touched, waiting: await SessionTable.create(session, 'waiting_rows', gained.columns, others) }
}

/** All windows of a day that are not there yet. */
async function addWindowsOf(windows: Windows, day: string): Promise<void> {
  const first = BigInt(Date.parse(day)) * 1000n
  await windows.insert(
    `SELECT w FROM range(${first}::BIGINT, ${first + dayMicros}::BIGINT, ${windowMicros}::BIGINT) AS r(w)
      WHERE w NOT IN (SELECT w FROM ${windows.name})`,
  )
}
