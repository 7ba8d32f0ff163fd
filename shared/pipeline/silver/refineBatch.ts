import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import type { AddFile, TableState } from '../../delta/index.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructType } from '../../types/index.js'
import {
  type Batch,
  dayFilesOf,
  expiredBefore,
  lookupLayout,
  type OpenedTable,
  type RefreshOptions,
  rowsPerFile,
  SessionTable,
  snapshotOf,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { noRows, type Tally, tallyRows } from './counters.js'
import { type Duplicates, findDuplicates, withoutDuplicates } from './dedupe.js'
import { loadPriorKeys } from './priorKeys.js'
import { bronzeColumns, filesWithEvents, silverColumns, validRows } from './silverRows.js'

/** Files uploaded and not committed, and what became of the rows of the batch. */
export interface Refined {
  readonly tally: Tally
  readonly adds: readonly AddFile[]
  /** Files of silver that were read for duplicates. */
  readonly priorFiles: number
  /** Stretches of rows of others that were. */
  readonly keyStretches: number
}

/** Uploads the valid rows of a batch of bronze that are no duplicates of one another or of silver's rows. */
export async function refineBatch(lake: Lake, stream: Stream, options: RefreshOptions, batch: Batch): Promise<Refined> {
  const { source: bronze, target: silver } = batch
  const files = filesWithEvents(stream, bronze, batch.files)
  if (files.length === 0) return { tally: noRows, adds: [], priorFiles: 0, keyStretches: 0 }
  await using session = await openSession(lake)
  const store = lake.store.within(bronzePath(stream))
  const rows = await loadValidRows(session, lake, stream, { store, bronze, silver: silver.schema, files })
  const perFile = rowsPerFile(options, files, batch.rows)
  return await acceptRows(lake, stream, rows, silver, perFile)
}

/**
 * Uploads those of `rows`, which have silver's columns, that are no duplicates of one another or of silver's rows, and of no
 * day that silver has lost for its age.
 */
export async function acceptRows(
  lake: Lake,
  stream: Stream,
  rows: SessionTable,
  silver: OpenedTable,
  perFile: number,
): Promise<Refined & { readonly duplicates: Duplicates }> {
  const store = lake.store.within(silverTable(stream).path)
  const snapshot = await snapshotOf(silver.table, silver.state.version)
  const { keyIndexOf } = await import('../keyIndex/index.js')
  const keys = keyIndexOf(lake, stream, snapshot)
  const {
    prior,
    files: priorFiles,
    stretches: keyStretches,
  } = await loadPriorKeys(lake.files, stream, rows, { store, snapshot, keys })
  const duplicates = await findDuplicates(stream, rows, prior)
  const tally = await tallyRows(stream, rows, duplicates, expiredBefore(silver.state))
  const target = { ...dayFilesOf(lake, stream, rows.session, silver, perFile), layout: lookupLayout(stream) }
  const adds = await writeDayFiles(target, withoutDuplicates(rows.name, duplicates), tally.days)
  return { tally, adds, priorFiles, keyStretches, duplicates }
}

/** Files with bronze's columns, in the folder of their table or in another. */
export interface BronzeFiles {
  readonly store: ObjectStore
  readonly bronze: Pick<TableState, 'metadata' | 'schema'>
  readonly silver: StructType
  readonly files: readonly AddFile[]
}

/** The valid rows in files of bronze, with silver's columns. */
export async function loadValidRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  { store, bronze, silver, files }: BronzeFiles,
): Promise<SessionTable> {
  const columns = bronzeColumns(bronze.schema)
  using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
  return await SessionTable.create(
    session,
    'valid_rows',
    silverColumns(silver),
    validRows(stream, silver, columns, `(${view.sql})`),
  )
}
