import { scoredPath, type Stream, summaryPartitionColumns, summaryTable } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { emptySelect, openDeltaView } from '../../query/index.js'
import {
  eventDate,
  isBefore,
  pieceOf,
  type RebuildInput,
  type RefreshOptions,
  SessionTable,
  timeBetween,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { chooseWindows, type Touching, windowsIn } from './chosenWindows.js'
import { replaceSummaryRows } from './replaceSummaryRows.js'
import { filesByDay, scoredDays, windowPieces } from './summaryFiles.js'
import { summarisedColumns, summarySelect } from './summarySelect.js'
import { windowOf } from './summaryWindows.js'

/** A part of the summary, recreated. */
export interface Summarised {
  readonly adds: readonly AddFile[]
  /** Files of the summary whose rows are in `adds`, or replaced by rows there. */
  readonly replaced: readonly AddFile[]
  /** Those that were computed. */
  readonly windows: number
  /** Scored rows that were taken in and are in no figures yet. */
  readonly waiting: number
  /** Rows of the summary that were computed. */
  readonly rows: number
  /** Files of the scored table that were read for it. */
  readonly filesRead: number
}

/**
 * Computes windows that have rows in the files of `touching`, and those of its days, which may have none any more (all
 * windows when absent), from the whole scored table, and uploads what the files of the summary that hold them are to be
 * replaced by.
 */
export async function summariseWindows(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  whole: RebuildInput,
  touching?: Touching,
): Promise<Summarised> {
  const { source: scored, target: summary, firstDay } = whole
  await using session = await openSession(lake)
  const isKept = (file: AddFile) => !isBefore(file, eventDate, firstDay)
  const { touched, waiting } =
    touching === undefined
      ? { touched: await windowsIn(session, lake, stream, scored, scored.files.filter(isKept)), waiting: undefined }
      : await chooseWindows({ session, lake, stream }, options, whole, touching)
  const { rows: chosen } = await session.query(`SELECT w FROM ${touched.name} ORDER BY w`)
  const windows = chosen.map(({ w }) => w as bigint)
  const days = filesByDay(scored, scoredDays(stream), windows)
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
  const { adds, replaced } = await replaceSummaryRows(lake, stream, summary, { touched, fresh, waiting })
  return {
    adds,
    replaced,
    windows: windows.length,
    waiting: waiting === undefined ? 0 : await waiting.sum('n'),
    rows: await fresh.count(),
    filesRead,
  }
}

/** The summary's columns but for the partition column. */
function measuredColumns(stream: Stream): readonly string[] {
  const { fields } = summaryTable(stream).schema
  return fields.flatMap(({ name }) => (summaryPartitionColumns.includes(name) ? [] : [name]))
}
