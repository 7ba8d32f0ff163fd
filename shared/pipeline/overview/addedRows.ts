import { type AddFile, DeltaError, type DeltaTable, rowObjects, scanRows, type TableState } from '../../delta/index.js'
import type { Row } from '../../types/index.js'
import { newDataFiles } from '../incremental/index.js'
import { newestFiles } from '../status/index.js'
import type { ReadUpTo } from './overview.js'

/** More commits than this are not followed one by one. */
const maxCommits = 500

/** Rows that came to a log table since it was last read. */
export interface AddedRows {
  /** Bounded by files; the oldest are left out. */
  readonly rows: readonly Row[]
  readonly read: ReadUpTo
  /** False where what was known before is not continued: another table, or too long ago. */
  readonly continues: boolean
}

/**
 * The rows that were added behind `since`; without it, or where its commits are gone, those of the newest files. Undefined
 * when the table does not exist.
 *
 * @throws DeltaError, StorageError where the table cannot be read
 */
export async function addedRows(table: DeltaTable, since: ReadUpTo | undefined): Promise<AddedRows | undefined> {
  const state = await table.state({ fresh: true })
  if (state === undefined) return undefined
  const read = { id: state.metadata.id, version: state.version }
  const files = since?.id === read.id ? await addedFiles(table, since.version, state.version) : undefined
  if (files !== undefined) return { rows: await rowsOf(table, state, files), read, continues: true }
  const snapshot = await table.snapshot({ version: state.version })
  return { rows: await rowsOf(table, state, newestFiles(snapshot?.files ?? [])), read, continues: false }
}

/** Data files that commits behind a version added; undefined where they are too many or gone. */
async function addedFiles(table: DeltaTable, since: number, version: number): Promise<readonly AddFile[] | undefined> {
  if (version < since || version - since > maxCommits) return undefined
  const files: AddFile[] = []
  try {
    for await (const { actions } of table.commitFiles(since + 1, version)) files.push(...newDataFiles(actions))
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return undefined
    throw error
  }
  return files
}

/** The rows of those files as objects. */
export async function rowsOf(
  table: DeltaTable,
  state: TableState,
  files: readonly AddFile[],
  columns?: readonly string[],
): Promise<readonly Row[]> {
  const found: Row[] = []
  const scan = scanRows(table.store, { ...state, files }, columns === undefined ? {} : { columns })
  for await (const row of rowObjects(scan)) found.push(row)
  return found
}
