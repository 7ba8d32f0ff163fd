import { type Clock, systemClock } from '../../clock.js'
import type { StructField } from '../../types/index.js'
import { type Action, type AddFile, removedFile } from '../actions/index.js'
import { discard, onlyThese, type OriginReading, originReading, type RowOrigins } from '../dataFiles/index.js'
import { RoaringBitmap } from '../deletionVectors/index.js'
import { isOn } from '../protocol/index.js'
import { isVoid } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import {
  ChangeFileWriter,
  decodedRows,
  type MarkedFile,
  type Plan,
  type StoredRows,
  TableWriter,
  writeDeletionVectors,
  type WriteOptions,
  writesDeletionVectors,
} from '../write/index.js'
import { type ChangeCounts, noCounts } from './changeCounts.js'
import {
  deletedRows,
  isUsedUp,
  RowAction,
  rowActionsOf,
  type RowChange,
  type TouchedFile,
  updatedRows,
} from './rowChange.js'
import { overlaidRows, pickedRows, placesWith } from './rowSelection.js'
import { type FileReading, fileReading, storedFileRows, touchedFiles } from './touchedFiles.js'

/** The answer of {@link RowChanger.finish}, ready to be committed. */
export interface ChangedTable extends Pick<Plan, 'written'> {
  /** Without `commitInfo` and `txn`; none when no row was touched. */
  readonly actions: readonly Action[]
  readonly counts: Readonly<ChangeCounts>
  /** Whether the commit has change files, so that they must hold all that it changes. */
  readonly feed: boolean
}

/**
 * Carries out changes of rows on one version of a table, up to the commit: rows are found, marked by deletion vectors
 * or left out of new files, and written again where they change. Nobody sees anything before the actions are committed.
 *
 * Call {@link find}, {@link insert} and then {@link finish}, or {@link abort} on the way.
 */
export class RowChanger {
  readonly #table: DeltaTable
  readonly #snapshot: Snapshot
  readonly #options: WriteOptions
  readonly #clock: Clock
  readonly #reading: FileReading
  readonly #fields: readonly StructField[]
  /** The same, with row ids and commit versions where the table tracks rows. */
  readonly #origins: FileReading & OriginReading
  /** Rows are taken out by deletion vectors, not by rewriting the others. */
  readonly #marks: boolean
  #touched: readonly TouchedFile[] = []
  #change: RowChange | undefined
  #writer: TableWriter | undefined
  #feed: ChangeFileWriter | undefined
  #decided = false
  readonly #actions: Action[] = []
  readonly #written: Pick<AddFile, 'path'>[] = []
  readonly #counts = noCounts()

  constructor(table: DeltaTable, snapshot: Snapshot, options: WriteOptions) {
    this.#table = table
    this.#snapshot = snapshot
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#reading = fileReading(table.store, snapshot, options.openFolder)
    this.#fields = snapshot.schema.fields.filter(field => !isVoid(field.type))
    this.#origins = {
      ...this.#reading,
      ...originReading(snapshot, { layout: this.#reading.layout, fields: this.#fields }, this.#reading.where),
    }
    this.#marks = writesDeletionVectors(snapshot)
  }

  /** Finds the rows to change. */
  async find(change: RowChange): Promise<void> {
    const start = this.#clock.now()
    this.#change = change
    this.#touched = await touchedFiles(this.#reading, this.#snapshot.files, change)
    this.#counts.scanMs = this.#clock.now() - start
  }

  /** Rows to be added along with the change. */
  async insert(rows: StoredRows): Promise<void> {
    if (rows.count === 0) return
    const feed = this.#changeFeed()
    // Beside rows that keep their ids, and so in one file with them.
    const tracked = this.#touched.length > 0 && this.#origins.fields.length > this.#fields.length
    const nobody = tracked ? new Array<null>(rows.count).fill(null) : []
    await this.#writeRows(rows, tracked ? { ids: nobody, commitVersions: nobody } : undefined)
    await feed?.write(rows, 'insert')
    this.#counts.insertedRows += rows.count
  }

  /** Writes the new files, and returns the actions to commit. */
  async finish(): Promise<ChangedTable> {
    const start = this.#clock.now()
    const marked: MarkedFile[] = []
    for (const touched of this.#touched) {
      await this.#rewrite(touched)
      if (!isUsedUp(touched) && this.#marks) marked.push(this.#mark(touched))
      else this.#remove(touched)
    }
    const vectors = await writeDeletionVectors(this.#table.store, marked, start)
    this.#written.push(...vectors.written)
    const adds = (await this.#writer?.finish()) ?? []
    this.#written.push(...adds)
    const changes = (await this.#feed?.finish()) ?? []
    this.#written.push(...changes)
    const counts = this.#counts
    counts.addedFiles += adds.length
    counts.addedBytes += adds.reduce((sum, { size }) => sum + size, 0)
    counts.changeFiles += changes.length
    counts.rewriteMs = this.#clock.now() - start
    const actions = [
      ...this.#actions,
      ...vectors.actions,
      ...adds.map((add): Action => ({ add })),
      ...changes.map((cdc): Action => ({ cdc })),
    ]
    return { actions, written: this.#written, counts, feed: this.#feed !== undefined }
  }

  /** Deletes what was written. */
  async abort(): Promise<void> {
    await Promise.allSettled([this.#writer?.abort(), this.#feed?.abort(), discard(this.#table, this.#written)])
  }

  async #rewrite(touched: TouchedFile): Promise<void> {
    const deleted = deletedRows(touched)
    const updated = updatedRows(touched)
    this.#counts.deletedRows += deleted
    this.#counts.updatedRows += updated
    const feed = this.#changeFeed()
    const copies = !this.#marks && !isUsedUp(touched)
    if (copies) this.#counts.copiedRows += touched.live - deleted - updated
    if (!copies && updated === 0 && feed === undefined) return
    const choice = copies || touched.whole !== undefined ? undefined : onlyThese(touchedPlaces(touched))
    for await (const { rows, batch } of storedFileRows(
      this.#origins,
      touched.file,
      this.#fields,
      choice,
      this.#origins.fields,
    )) {
      const rowActions = rowActionsOf(touched, batch.positions())
      const updatedAt = placesWith(rowActions, RowAction.update)
      const before = pickedRows(rows, updatedAt)
      const after = updatedAt.length === 0 ? undefined : await this.#change?.change?.(decodedRows(before))
      await feed?.write(pickedRows(rows, placesWith(rowActions, RowAction.delete)), 'delete')
      if (after !== undefined) {
        await feed?.write(before, 'update_preimage')
        await feed?.write(after, 'update_postimage')
      }
      const inPlace = after === undefined ? rows : overlaidRows(rows, updatedAt, after)
      const written = copies ? placesWith(rowActions, RowAction.keep, RowAction.update) : updatedAt
      await this.#writeRows(
        pickedRows(inPlace, written),
        keptOrigins(this.#origins.originsOf(batch, touched.file), rowActions, written),
      )
    }
  }

  #mark({ file, live, before, ...touched }: TouchedFile): MarkedFile {
    if (before === undefined) this.#counts.vectorsAdded++
    else this.#counts.vectorsUpdated++
    const deleted = unionOf(before, touchedPlaces(touched))
    return { file, deleted, rows: live + (before?.cardinality ?? 0) }
  }

  #remove({ file }: TouchedFile): void {
    this.#actions.push({ remove: removedFile(file, this.#clock.now()) })
    this.#counts.removedFiles++
    this.#counts.removedBytes += file.size
    if (file.deletionVector !== undefined) this.#counts.vectorsRemoved++
  }

  async #writeRows(rows: StoredRows, origins?: RowOrigins): Promise<void> {
    if (rows.count === 0) return
    this.#writer ??= new TableWriter(this.#table.store, this.#snapshot, this.#options)
    await this.#writer.write(rows, origins)
  }

  /**
   * The writer of change files, where they are needed: whole files added or removed need none. Rows deleted by a
   * deletion vector are recorded too: not every reader of feeds compares vectors.
   */
  #changeFeed(): ChangeFileWriter | undefined {
    if (!this.#decided) {
      this.#decided = true
      const { configuration } = this.#snapshot.metadata
      const enabled = isOn(configuration, 'delta.enableChangeDataFeed')
      const needed = this.#touched.some(touched => updatedRows(touched) > 0 || !isUsedUp(touched))
      if (enabled && needed) this.#feed = new ChangeFileWriter(this.#table.store, this.#snapshot, this.#options)
    }
    return this.#feed
  }
}

/** The positions of all rows of a file that are deleted or updated. */
function touchedPlaces({ deleted, updated }: Pick<TouchedFile, 'deleted' | 'updated'>): RoaringBitmap {
  return unionOf(deleted, updated ?? RoaringBitmap.of([]))
}

function unionOf(a: RoaringBitmap | undefined, b: RoaringBitmap): RoaringBitmap {
  return a === undefined ? b : a.cardinality === 0 ? b : b.cardinality === 0 ? a : RoaringBitmap.of(b.positions(), a)
}

/** The origins of the rows at `places`: all keep their ids, and those that change now have no version yet. */
function keptOrigins(
  origins: RowOrigins | undefined,
  rowActions: Uint8Array,
  places: Int32Array,
): RowOrigins | undefined {
  if (origins === undefined) return undefined
  const { ids, commitVersions } = origins
  const at = [...places]
  return {
    ids: at.map(place => ids[place] ?? null),
    commitVersions: at.map(place => (rowActions[place] === RowAction.update ? null : (commitVersions[place] ?? null))),
  }
}
