import { systemClock } from '../../clock.js'
import { type Action, type AddFile, type CdcFile, removedFile } from '../actions/index.js'
import { discard, readDataFile } from '../dataFiles/index.js'
import { DeltaError } from '../deltaError.js'
import { requireWritableRows } from '../protocol/index.js'
import { columnLayout } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import {
  ChangeFileWriter,
  type Condition,
  type Plan,
  planAndCommit,
  type RepeatableRows,
  RowsConsumed,
  type SourceFiles,
  type SourceFilesOptions,
  SourceWriting,
  type WriteMetrics,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'
import { writeMetrics } from './appendRows.js'
import { type Deletion, planDeletion } from './deleteRows.js'
import { newSchema } from './overwriteSchema.js'
import { conditionCheck } from './replaceWhere.js'

/** How much {@link overwriteRows} replaces: some rows, all of them, or schema and partitioning as well. */
export interface OverwriteOptions extends WriteOptions {
  /** Only rows for which it is true are replaced, and all new rows must meet it (Spark's `replaceWhere`); the whole table when absent. */
  readonly where?: Condition | undefined
  /** The table takes the schema of the rows, whatever it had before. Not together with `where`. */
  readonly overwriteSchema?: boolean | undefined
  /** What the table is partitioned by from now on; only with `overwriteSchema`. As before when absent. */
  readonly partitionColumns?: readonly string[] | undefined
}

/**
 * Replaces the rows of a table, or those that meet a condition, by others, in one commit. New rows are written once and
 * serve for every attempt, as {@link appendRows} has it.
 *
 * ```ts
 * await overwriteRows(table, [rowsOf(schema, rows)], { where: { op: '=', column: 'day', value: 20_000 } })
 * ```
 *
 * @throws DeltaError DELTA_APPEND_ONLY; DELTA_BAD_ROWS for a row that does not meet the condition; else as {@link appendRows}
 */
export async function overwriteRows(
  table: DeltaTable,
  rows: RepeatableRows,
  options: OverwriteOptions = {},
): Promise<WriteOutcome> {
  const overwriting = new Overwriting(table, rows, options)
  let outcome: WriteOutcome | undefined
  try {
    outcome = await planAndCommit(table, options, snapshot => overwriting.plan(snapshot))
  } catch (error) {
    const conflict = overwriting.conflictOf(error)
    if (conflict === undefined) throw error
    outcome = conflict
  }
  if (outcome.kind !== 'committed') await overwriting.discard()
  return outcome
}

class Overwriting {
  readonly #table: DeltaTable
  readonly #options: OverwriteOptions
  readonly #writing: SourceWriting
  #check: SourceFilesOptions['check']
  #planned: number | undefined

  constructor(table: DeltaTable, rows: RepeatableRows, options: OverwriteOptions) {
    this.#table = table
    this.#options = options
    const { where, overwriteSchema = false, partitionColumns } = options
    const place = { table: table.url }
    if (where !== undefined && overwriteSchema)
      throw new DeltaError(
        'DELTA_INCOMPATIBLE_SCHEMA',
        "rows that stay keep the table's schema: `overwriteSchema` and `where` exclude each other",
        { where: place },
      )
    if (partitionColumns !== undefined && !overwriteSchema)
      throw new DeltaError(
        'DELTA_INCOMPATIBLE_SCHEMA',
        'what a table is partitioned by changes with its schema only: set `overwriteSchema`',
        { where: place },
      )
    this.#writing = new SourceWriting(table, rows, {
      ...options,
      check: async (fitted, rowsBefore) => this.#check?.(fitted, rowsBefore),
      // The first rows give the schema; all others must fit it.
      ...(overwriteSchema
        ? {
            schemaFor: (known, piece, first) =>
              first ? newSchema(known.metadata, piece, partitionColumns, place) : known.schema,
          }
        : {}),
    })
  }

  async plan(snapshot: Snapshot): Promise<Plan | undefined> {
    try {
      return await this.#plan(snapshot)
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  async #plan(snapshot: Snapshot): Promise<Plan | undefined> {
    const { where, txn, info } = this.#options
    const keeps = writtenFeatures(this.#options)
    const place = { table: this.#table.url, version: snapshot.version }
    requireWritableRows(snapshot, 'change', keeps, place)
    this.#check = where === undefined ? undefined : await conditionCheck(where, snapshot, this.#options, place)
    const files = await this.#writing.filesFor(snapshot)
    this.#planned = snapshot.version
    const out =
      where === undefined
        ? wholeTable(snapshot, this.#options)
        : await planDeletion(this.#table, snapshot, this.#options)
    if (out.actions.length === 0 && files.adds.length === 0 && files.rules.length === 0 && txn === undefined)
      return undefined
    const changes = out.feed ? await this.#insertFeed(snapshot, files.adds, out) : []
    const metrics = overwriteMetrics(files, out, changes)
    return {
      transaction: {
        actions: [
          ...files.rules,
          ...out.actions,
          ...files.adds.map((add): Action => ({ add })),
          ...changes.map((cdc): Action => ({ cdc })),
        ],
        operation: 'WRITE',
        operationParameters: {
          mode: 'Overwrite',
          partitionBy: JSON.stringify(files.table.metadata.partitionColumns),
          ...(out.text === undefined ? {} : { predicate: out.text }),
        },
        operationMetrics: metrics,
        info,
        isBlindAppend: false,
        reads: { files: out.reads, appIds: () => false, overCompaction: where !== undefined },
        keeps,
      },
      metrics,
      // The new rows' own files serve for the next plan, too.
      written: [...out.written, ...changes],
    }
  }

  conflictOf(error: unknown): WriteOutcome | undefined {
    if (!(error instanceof RowsConsumed) || this.#planned === undefined) return undefined
    const detail =
      'the table was changed, and the rows, which its files would have to hold in another way now, could be read only once'
    return { kind: 'conflict', reason: 'metadataChanged', version: this.#planned, detail }
  }

  async discard(): Promise<void> {
    await this.#writing.discard()
  }

  /** Once a commit has change files, they must hold all that it changes: here the inserted rows. */
  async #insertFeed(
    snapshot: Snapshot,
    adds: readonly AddFile[],
    out: Pick<Deletion, 'written'>,
  ): Promise<readonly CdcFile[]> {
    const where = { table: this.#table.url, version: snapshot.version }
    const layout = columnLayout(snapshot, where)
    const { fields } = snapshot.schema
    const writer = new ChangeFileWriter(this.#table.store, snapshot, this.#options)
    try {
      for (const file of adds) {
        for await (const { rows, columns } of readDataFile(this.#table.store, file, { layout, fields, where })) {
          await writer.write(
            { count: rows, columns: fields.map((field, i) => ({ field, data: columns[i] ?? [] })) },
            'insert',
          )
        }
      }
      return await writer.finish()
    } catch (error) {
      await writer.abort()
      await discard(this.#table, out.written)
      throw error
    }
  }
}

type Removal = Pick<Deletion, 'actions' | 'written' | 'reads' | 'text' | 'feed'> & {
  readonly counts?: Deletion['counts'] | undefined
}

function wholeTable({ files }: Snapshot, { clock = systemClock }: WriteOptions): Removal {
  const now = clock.now()
  return {
    actions: files.map(file => ({ remove: removedFile(file, now) })),
    written: [],
    reads: 'all',
    text: undefined,
    feed: false,
  }
}

function overwriteMetrics(files: SourceFiles, out: Removal, changes: readonly CdcFile[]): WriteMetrics {
  const removed = out.actions.flatMap(action => ('remove' in action ? [action.remove] : []))
  const bytes = removed.reduce((sum, { size = 0 }) => sum + size, 0)
  const { counts } = out
  return {
    ...writeMetrics(files),
    numRemovedFiles: BigInt(counts?.removedFiles ?? removed.length),
    numRemovedBytes: BigInt(counts?.removedBytes ?? bytes),
    ...(counts === undefined
      ? {}
      : {
          numDeletedRows: BigInt(counts.deletedRows),
          numCopiedRows: BigInt(counts.copiedRows),
          numAddedChangeFiles: BigInt(counts.changeFiles + changes.length),
        }),
  }
}
