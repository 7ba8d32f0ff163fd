import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import type { AddFile, OpenFolder } from '../actions/index.js'
import {
  allExcept,
  readDataFile,
  readStoredFile,
  type RowBatch,
  type RowChoice,
  type StoredBatch,
} from '../dataFiles/index.js'
import { readDeletionVector, RoaringBitmap } from '../deletionVectors/index.js'
import type { LogPlace } from '../deltaError.js'
import { type ColumnLayout, columnLayout } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { recordCount } from '../stats/index.js'
import type { Rows, StoredRows } from '../write/index.js'
import { RowAction, type RowChange, type TouchedFile } from './rowChange.js'

/** What reading the files of one snapshot takes; {@link fileReading} makes it. `where` is named in errors. */
export interface FileReading {
  readonly store: ObjectStore
  readonly layout: ColumnLayout
  readonly openFolder?: OpenFolder | undefined
  readonly where: LogPlace
}

/** How the files of a snapshot are read. */
export function fileReading(store: ObjectStore, snapshot: Snapshot, openFolder: OpenFolder | undefined): FileReading {
  const where = { table: store.url, version: snapshot.version }
  return { store, layout: columnLayout(snapshot, where), openFolder, where }
}

/** The rows of a file, or those that a choice leaves, a row group at a time, and their places in it. */
async function* fileRows(
  { store, ...reading }: FileReading,
  file: AddFile,
  fields: readonly StructField[],
  choice: RowChoice | undefined,
): AsyncGenerator<{ readonly rows: Rows; readonly batch: RowBatch }, void> {
  for await (const batch of readDataFile(store, file, { ...reading, fields, choice })) {
    yield {
      rows: { count: batch.rows, columns: fields.map((field, i) => ({ field, data: batch.columns[i] ?? [] })) },
      batch,
    }
  }
}

/**
 * As {@link fileRows}, with strings as the file has them: for rows that are written again.
 * @param read the fields, and whatever else the batch is to hold
 */
export async function* storedFileRows(
  { store, ...reading }: FileReading,
  file: AddFile,
  fields: readonly StructField[],
  choice: RowChoice | undefined,
  read: readonly StructField[],
): AsyncGenerator<{ readonly rows: StoredRows; readonly batch: StoredBatch }, void> {
  for await (const batch of readStoredFile(store, file, { ...reading, fields: read, choice })) {
    yield {
      rows: { count: batch.rows, columns: fields.map((field, i) => ({ field, data: batch.columns[i] ?? [] })) },
      batch,
    }
  }
}

/** Files that are searched at once: so many, and so many bytes, or one. */
const searchedAtOnce = 8
const searchedBytes = 64 * 2 ** 20

/**
 * The files with rows that a change is about, and which rows: files that cannot have any are not read, and of those that
 * are read only the columns that decide. Memory is bounded by a row group of these, of some files when they are small,
 * and the places that were found.
 */
export async function touchedFiles(
  reading: FileReading,
  files: readonly AddFile[],
  change: RowChange,
): Promise<TouchedFile[]> {
  const asked = files.flatMap(file => {
    const match = change.match(file)
    return match === 'no' ? [] : [{ file, match }]
  })
  // Files are waited for together, and decided about one at a time: nobody promises that this can be done otherwise.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn: RowChange = {
    ...change,
    decide(rows) {
      const decided = turn.then(() => change.decide(rows))
      turn = decided.catch(() => undefined)
      return decided
    },
  }
  const touched: TouchedFile[] = []
  for (let next = 0; next < asked.length;) {
    const from = next
    for (let bytes = 0; next < asked.length && next - from < searchedAtOnce; next++) {
      bytes += asked[next]?.file.size ?? 0
      if (next > from && bytes > searchedBytes) break
    }
    const found = await Promise.allSettled(
      asked
        .slice(from, next)
        .map(({ file, match }) =>
          match === 'all' ? wholeFile(reading, file, change.whole) : searched(reading, file, inTurn),
        ),
    )
    for (const one of found) {
      if (one.status === 'rejected') throw one.reason as Error
      if (one.value !== undefined) touched.push(one.value)
    }
  }
  return touched
}

async function wholeFile(reading: FileReading, file: AddFile, whole: 1 | 2): Promise<TouchedFile | undefined> {
  const records = recordCount(file)
  const rows = records === undefined ? await countRows(reading, file) : Number(records)
  const live = rows - Number(file.deletionVector?.cardinality ?? 0n)
  if (live === 0 && whole === RowAction.update) return undefined
  return { file, live, before: undefined, whole, deleted: undefined, updated: undefined }
}

async function searched(reading: FileReading, file: AddFile, change: RowChange): Promise<TouchedFile | undefined> {
  const before = await deletedBefore(reading, file)
  let live = 0
  let deleted: RoaringBitmap | undefined
  let updated: RoaringBitmap | undefined
  for await (const { rows, batch } of fileRows(reading, file, change.fields, before && allExcept(before))) {
    live += rows.count
    const rowActions = await change.decide(rows)
    const places = batch.positions()
    deleted = withPlaces(deleted, rowActions, RowAction.delete, places)
    updated = withPlaces(updated, rowActions, RowAction.update, places)
  }
  if (deleted === undefined && updated === undefined) return undefined
  const whole =
    deleted?.cardinality === live ? RowAction.delete : updated?.cardinality === live ? RowAction.update : undefined
  return whole === undefined
    ? { file, live, before, whole, deleted, updated }
    : { file, live, before: undefined, whole, deleted: undefined, updated: undefined }
}

function withPlaces(
  known: RoaringBitmap | undefined,
  rowActions: Uint8Array,
  rowAction: number,
  places: Float64Array,
): RoaringBitmap | undefined {
  if (!rowActions.includes(rowAction)) return known
  return RoaringBitmap.of(
    places.filter((_, i) => rowActions[i] === rowAction),
    known,
  )
}

async function deletedBefore(
  { store, openFolder, where }: FileReading,
  { path, deletionVector }: AddFile,
): Promise<RoaringBitmap | undefined> {
  return deletionVector === undefined
    ? undefined
    : readDeletionVector(store, deletionVector, { openFolder, where: { ...where, file: path } })
}

/** All rows of a file, those that are deleted among them. */
const everyRow: RowChoice = { end: 0, among: () => undefined }

/** By the file's footer. */
async function countRows(reading: FileReading, file: AddFile): Promise<number> {
  let count = 0
  for await (const { rows } of fileRows(reading, file, [], everyRow)) count += rows.count
  return count
}
