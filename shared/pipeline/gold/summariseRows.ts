import {
  scoredPath,
  type Stream,
  summaryGroupName,
  summaryPartitionColumns,
  summaryTable,
} from '../../contract/index.js'
import { type AddFile, FileSkipper, type Snapshot } from '../../delta/index.js'
import {
  copyToParquet,
  type DuckDbSession,
  emptySelect,
  identifier,
  literal,
  openDeltaView,
  publishFile,
} from '../../query/index.js'
import { columnKey, dayMicros } from '../../types/index.js'
import {
  eventDate,
  isBefore,
  type OpenedTable,
  pieceOf,
  type RebuildInput,
  type RefreshOptions,
  SessionTable,
  timeBetween,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type Day, filesByDay, windowPieces, within } from './summaryFiles.js'
import { summarisedColumns, summarySelect } from './summarySelect.js'
import { windowMicros, windowOf } from './summaryWindows.js'

/** A part of the summary, recreated. */
export interface Summarised {
  readonly adds: readonly AddFile[]
  /** Files of the summary whose rows are in `adds`, or replaced by rows there. */
  readonly replaced: readonly AddFile[]
  readonly windows: number
  /** Rows of the summary that were computed. */
  readonly rows: number
  /** Files of the scored table that were read for it. */
  readonly filesRead: number
}

/**
 * Computes the windows that have rows in the files of `touching`, and those of its days, which may have none any more
 * (all windows when absent), from the whole scored table, and uploads what the files of the summary that hold them are
 * to be replaced by.
 */
export async function summariseWindows(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  { source: scored, target: summary, firstDay }: RebuildInput,
  touching?: { readonly files: readonly AddFile[]; readonly days: readonly string[] },
): Promise<Summarised> {
  await using session = await openSession(lake)
  const all = touching?.files ?? scored.files.filter(file => !isBefore(file, eventDate, firstDay))
  const touched = await findWindows(session, lake, stream, scored, all)
  for (const day of touching?.days ?? []) await addWindowsOf(touched, day)
  const windows = await windowsOf(touched)
  const days = filesByDay(stream, scored, windows)
  const columns = summarisedColumns(stream, scored.schema)
  const store = lake.store.within(scoredPath(stream))
  const select = (relation: string) => summarySelect(stream, relation, columns)
  const fields = scored.schema.fields.filter(f => columns.includes(f.name))
  const fresh = await SessionTable.create(session, 'fresh', measuredColumns(stream), select(`(${emptySelect(fields)})`))
  for (const { from, to, files } of windowPieces(stream, scored, days, pieceOf(lake, options))) {
    using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns })
    const those = `SELECT w FROM ${touched.name} WHERE w >= ${from} AND w < ${to}`
    const rows = `SELECT * FROM (${view.sql}) WHERE ${timeBetween(stream, from, to)} AND ${windowOf(stream)} IN (${those})`
    await fresh.insert(select(`(${rows})`))
  }
  const filesRead = days.reduce((sum, day) => sum + day.files.length, 0)
  const made = { touched, fresh }
  const { adds, replaced } = await replaceRows(lake, stream, summary, made, touching === undefined ? undefined : days)
  return { adds, replaced, windows: windows.length, rows: await fresh.count(), filesRead }
}

/** Beginnings of windows, microseconds. */
type Windows = SessionTable<'w'>

/** The windows that have rows in the files. */
async function findWindows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  scored: Snapshot,
  files: readonly AddFile[],
): Promise<Windows> {
  const store = lake.store.within(scoredPath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns: [stream.eventTime] })
  return await SessionTable.create(
    session,
    'touched',
    ['w'],
    `SELECT DISTINCT ${windowOf(stream)} AS w FROM (${view.sql})`,
  )
}

/** All windows of a day that are not there yet. */
async function addWindowsOf(windows: Windows, day: string): Promise<void> {
  const first = BigInt(Date.parse(day)) * 1000n
  await windows.insert(
    `SELECT w FROM range(${first}::BIGINT, ${first + dayMicros}::BIGINT, ${windowMicros}::BIGINT) AS r(w)
      WHERE w NOT IN (SELECT w FROM ${windows.name})`,
  )
}

async function windowsOf({ session, name }: Windows): Promise<readonly bigint[]> {
  const { rows } = await session.query(`SELECT w FROM ${name} ORDER BY w`)
  return rows.map(row => row['w'] as bigint)
}

/** The summary's columns but for the partition column. */
function measuredColumns(stream: Stream): readonly string[] {
  const { fields } = summaryTable(stream).schema
  return fields.flatMap(({ name }) => (summaryPartitionColumns.includes(name) ? [] : [name]))
}

/**
 * Writes one file per day out of the rows of the touched windows and what stays of the files they take the place of.
 * @param days `undefined` replaces every file there is
 */
async function replaceRows(
  lake: Lake,
  stream: Stream,
  { table, state, schema }: OpenedTable,
  { touched, fresh }: { readonly touched: Windows; readonly fresh: SessionTable },
  days: readonly Day[] | undefined,
): Promise<Pick<Summarised, 'adds' | 'replaced'>> {
  const { session } = fresh
  const store = lake.store.within(summaryTable(stream).path)
  const shape = { ...state.metadata, schema }
  const names = schema.fields.flatMap(f => (summaryPartitionColumns.includes(f.name) ? [] : [f.name]))
  const group = summaryGroupName(stream)
  const columns = names
    .map(name => (fresh.columns.includes(name) ? identifier(name) : `NULL AS ${identifier(name)}`))
    .join(', ')
  const skipper = new FileSkipper(shape)
  const current = days === undefined ? [] : ((await table.snapshot({ version: state.version }))?.files ?? [])
  const adds: AddFile[] = []
  const replaced: AddFile[] = []
  for (const day of days?.map(d => d.day) ?? (await freshDays(fresh))) {
    const spans = days?.find(d => d.day === day)?.spans ?? []
    const wanted = within(columnKey(['window_start']), spans)
    const old = current.filter(
      file => file.partitionValues['_window_date'] === day && skipper.match(file, wanted) !== 'no',
    )
    using view = await openDeltaView(session, lake.files, {
      store,
      state: { metadata: state.metadata, schema },
      files: old,
      columns: names,
    })
    const kept = `SELECT * FROM (${view.sql}) WHERE epoch_us(window_start) NOT IN (SELECT w FROM ${touched.name})`
    const made = `SELECT ${columns} FROM ${fresh.name} WHERE CAST(window_start AS DATE) = CAST(${literal(day)} AS DATE)`
    const file = await copyToParquet(session, {
      select: `${made} UNION ALL BY NAME ${kept}`,
      orderBy: group === undefined ? 'window_start' : `window_start, ${identifier(group)}`,
      table: shape,
      partitionValues: { _window_date: day },
    })
    replaced.push(...old)
    if (file !== undefined) adds.push(await publishFile(store, file, lake.clock))
  }
  return { adds, replaced }
}

async function freshDays({ session, name }: SessionTable): Promise<readonly string[]> {
  const { rows } = await session.query(
    `SELECT DISTINCT CAST(CAST(window_start AS DATE) AS VARCHAR) AS day FROM ${name} ORDER BY day`,
  )
  return rows.map(row => row['day'] as string)
}
