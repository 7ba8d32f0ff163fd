import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import {
  type Batch,
  dayFilesOf,
  type RefreshOptions,
  rowsPerFile,
  SessionTable,
  snapshotOf,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { noRows, type Tally, tallyRows } from './counters.js'
import { findDuplicates, withoutDuplicates } from './dedupe.js'
import { loadPriorKeys } from './priorKeys.js'
import { bronzeColumns, filesWithEvents, silverColumns, validRows } from './silverRows.js'

/** Files uploaded and not committed, and what became of the rows of the batch. */
export interface Refined {
  readonly tally: Tally
  readonly adds: readonly AddFile[]
  /** Files of silver that were read for duplicates. */
  readonly priorFiles: number
}

/** Uploads the valid rows of a batch of bronze that are no duplicates of one another or of silver's rows. */
export async function refineBatch(lake: Lake, stream: Stream, options: RefreshOptions, batch: Batch): Promise<Refined> {
  const { source: bronze, target: silver } = batch
  const files = filesWithEvents(stream, bronze, batch.files)
  if (files.length === 0) return { tally: noRows, adds: [], priorFiles: 0 }
  await using session = await openSession(lake)
  const rows = await loadValidRows(session, lake, stream, batch, files)
  const store = lake.store.within(silverTable(stream).path)
  const snapshot = await snapshotOf(silver.table, silver.state.version)
  const { prior, files: priorFiles } = await loadPriorKeys(lake.files, stream, rows, { store, snapshot })
  const duplicates = await findDuplicates(stream, rows, prior)
  const tally = await tallyRows(stream, rows, duplicates)
  const target = dayFilesOf(lake, stream, session, silver, rowsPerFile(options, files, batch.rows))
  return { tally, adds: await writeDayFiles(target, withoutDuplicates(rows.name, duplicates), tally.days), priorFiles }
}

/** The valid rows in the files of bronze, with silver's columns. */
async function loadValidRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  { source: bronze, target: silver }: Batch,
  files: readonly AddFile[],
): Promise<SessionTable> {
  const columns = bronzeColumns(bronze.schema)
  const store = lake.store.within(bronzePath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
  return await SessionTable.create(
    session,
    'valid_rows',
    silverColumns(silver.schema),
    validRows(stream, silver.schema, columns, `(${view.sql})`),
  )
}
