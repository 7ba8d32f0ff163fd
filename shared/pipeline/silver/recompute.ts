import { bronzePath, lineage, type Stream } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import { chunks, dayMicros } from '../../types/index.js'
import {
  type DayCount,
  dayFilesOf,
  filePieces,
  lookupLayout,
  pieceOf,
  type RebuildInput,
  type RefreshOptions,
  rowsIn,
  rowsPerFile,
  SessionTable,
  timeBetween,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession, type PieceBounds } from '../lake/index.js'
import { type Tally, tallyRows } from './counters.js'
import { findDuplicates, withoutDuplicates } from './dedupe.js'
import { type BronzeRecords, loadKeptRows } from './keptRows.js'
import { noPriorKeys } from './priorKeys.js'
import { bronzeColumns, filesWithEvents, validRows } from './silverRows.js'

/** Files uploaded and not committed: all that silver is to consist of, and what is counted in them. */
export interface Recomputed {
  readonly adds: readonly AddFile[]
  readonly tally: Tally
  /** Bronze rows in all. */
  readonly rows: number
  /** Rows kept that a replay had brought; they are in the tally as valid. */
  readonly replayed: number
  /** Rows kept of records that bronze has lost for their age; in the tally as valid, too. */
  readonly carried: number
}

/**
 * Uploads the files that silver is to consist of, out of all of bronze. Bronze is read twice: few columns at first, and
 * then day by day. Rows that were brought from quarantine by a replay stay, as long as bronze has the record they were
 * made from, and so do those of records that bronze has lost for their age.
 */
export async function recompute(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  whole: RebuildInput,
): Promise<Recomputed> {
  const { source: bronze, target: silver, firstDay } = whole
  const piece = pieceOf(lake, options)
  const rows = rowsIn(bronze.files)
  await using session = await openSession(lake)
  const { all, rejected } = await gatherRows(session, lake, stream, whole, piece)
  const kept = await loadKeptRows(lake, stream, whole, { all, rejected })
  await all.insert(`SELECT * FROM ${kept.rows.name}`)
  const duplicates = await findDuplicates(stream, all, await noPriorKeys(stream, all))
  const tally = await tallyRows(stream, all, duplicates, firstDay)
  await all.drop()
  const perFile = rowsPerFile(options, bronze.files, rows)
  const target = { ...dayFilesOf(lake, stream, session, silver, perFile), layout: lookupLayout(stream) }
  const columns = bronzeColumns(bronze.schema)
  const adds: AddFile[] = []
  for (const days of chunks(tally.days, day => day.rows, piece.rows)) {
    const files = filesWithEvents(stream, bronze, bronze.files, spanOf(days))
    using view = await openDeltaView(session, lake.files, {
      store: lake.store.within(bronzePath(stream)),
      state: bronze,
      files,
      columns,
    })
    const { least, greatest } = spanOf(days)
    const dayRows = `
      SELECT * FROM (
        ${validRows(stream, silver.schema, columns, `(${view.sql})`)} UNION ALL BY NAME SELECT * FROM ${kept.rows.name})
      WHERE ${timeBetween(stream, least, greatest + 1n)}`
    adds.push(...(await writeDayFiles(target, withoutDuplicates(`(${dayRows})`, duplicates), days)))
  }
  const { replayed, carried } = kept
  return { adds, tally, rows, replayed, carried }
}

function spanOf(days: readonly DayCount[]): { readonly least: bigint; readonly greatest: bigint } {
  return { least: days[0]?.start ?? 0n, greatest: (days.at(-1)?.start ?? 0n) + dayMicros - 1n }
}

/** What judging and counting need of every valid row, and the lineage of the records that bronze has as rejected. */
async function gatherRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  { source: bronze, target: { schema } }: RebuildInput,
  piece: PieceBounds,
): Promise<BronzeRecords> {
  const narrow = narrowColumns(stream)
  const needed = new Set([...narrow, '_timestamp', '_error_code'])
  const columns = bronzeColumns(bronze.schema).filter(name => needed.has(name))
  const store = lake.store.within(bronzePath(stream))
  const selects = (relation: string) => ({
    valid: validRows(stream, schema, columns, `(${relation})`),
    failed: `SELECT * FROM (${relation}) WHERE _error_code IS NOT NULL`,
  })
  using empty = await openDeltaView(session, lake.files, { store, state: bronze, files: [], columns })
  const { valid, failed } = selects(empty.sql)
  const all = await SessionTable.create(session, 'all_rows', narrow, valid)
  const rejected = await SessionTable.create(session, 'rejected', lineage, failed)
  for (const files of filePieces(bronze.files, piece)) {
    using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
    const part = selects(view.sql)
    await all.insert(part.valid)
    await rejected.insert(part.failed)
  }
  return { all, rejected }
}

/** What judging and counting need of a row. */
function narrowColumns(stream: Stream): readonly string[] {
  return [...new Set([stream.key, stream.eventTime, '_ingested_at', ...lineage, '_late'])]
}
