import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { openDeltaView } from '../../query/index.js'
import {
  type Batch,
  dayFilesOf,
  type RefreshOptions,
  rowsPerFile,
  snapshotOf,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { noRows, type Tally, tallyRows } from './counters.js'
import { findDuplicates, withoutDuplicates } from './dedupe.js'
import { loadPriorKeys } from './priorKeys.js'
import { bronzeColumns, filesWithEvents, validRows } from './silverRows.js'

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
  {
    const columns = bronzeColumns(bronze.schema)
    const store = lake.store.within(bronzePath(stream))
    using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
    await session.run(`CREATE TABLE valid_rows AS ${validRows(stream, silver.schema, columns, `(${view.sql})`)}`)
  }
  const store = lake.store.within(silverTable(stream).path)
  const snapshot = await snapshotOf(silver.table, silver.state.version)
  const priorFiles = await loadPriorKeys(session, lake.files, stream, 'valid_rows', { store, snapshot })
  await findDuplicates(session, stream, 'valid_rows')
  const tally = await tallyRows(session, stream, 'valid_rows')
  const target = dayFilesOf(lake, stream, session, silver, rowsPerFile(options, files, batch.rows))
  return { tally, adds: await writeDayFiles(target, withoutDuplicates('valid_rows'), tally.days), priorFiles }
}
