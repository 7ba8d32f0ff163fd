import {
  scoredPath,
  type Stream,
  summaryGroupName,
  summaryPartitionColumns,
  summaryTable,
} from '../../contract/index.js'
import { type AddFile, FileSkipper, type Predicate, type Snapshot } from '../../delta/index.js'
import {
  copyToParquet,
  type DuckDbSession,
  emptySelect,
  identifier,
  literal,
  openDeltaView,
  publishFile,
} from '../../query/index.js'
import { chunks, columnKey, dayMicros } from '../../types/index.js'
import {
  dayOf,
  eventDate,
  isBefore,
  maxRowsOf,
  type OpenedTable,
  partitionDay,
  type RebuildInput,
  type RefreshOptions,
  rowsIn,
  SessionTable,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { summarisedColumns, summarySelect } from './summarySelect.js'
import { type Span, spansOf, windowMicros, windowOf } from './summaryWindows.js'

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
  const days = filesByDay(stream, scored, spansOf(windows))
  const columns = summarisedColumns(stream, scored.schema)
  const store = lake.store.within(scoredPath(stream))
  const select = (relation: string) => summarySelect(stream, relation, columns)
  const fields = scored.schema.fields.filter(f => columns.includes(f.name))
  const fresh = await SessionTable.create(session, 'fresh', measuredColumns(stream), select(`(${emptySelect(fields)})`))
  for (const part of chunks(days, day => rowsIn(day.files), maxRowsOf(lake, options))) {
    const files = part.flatMap(day => day.files)
    using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns })
    const rows = `SELECT * FROM (${view.sql}) WHERE ${windowOf(stream)} IN (SELECT w FROM ${touched.name})`
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

interface Day {
  readonly day: string
  readonly spans: readonly Span[]
  /** Files of the scored table that can have rows in the spans. */
  readonly files: readonly AddFile[]
}

function filesByDay(stream: Stream, scored: Snapshot, spans: readonly Span[]): readonly Day[] {
  const skipper = new FileSkipper({ ...scored.metadata, schema: scored.schema })
  const time = columnKey([stream.eventTime])
  const days = new Map<number, Span[]>()
  for (const span of spans) {
    const day = dayOf(span.from)
    const known = days.get(day)
    if (known === undefined) days.set(day, [span])
    else known.push(span)
  }
  return [...days].map(([day, own]) => {
    const wanted: Predicate = {
      op: 'and',
      of: [{ op: '=', column: columnKey(['_event_date']), value: day }, within(time, own)],
    }
    return {
      day: partitionDay(day),
      spans: own,
      files: scored.files.filter(file => skipper.match(file, wanted) !== 'no'),
    }
  })
}

function within(column: string, spans: readonly Span[]): Predicate {
  const between = ({ from, to }: Span): Predicate => ({
    op: 'and',
    of: [
      { op: '>=', column, value: from },
      { op: '<', column, value: to },
    ],
  })
  return { op: 'or', of: spans.map(between) }
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
