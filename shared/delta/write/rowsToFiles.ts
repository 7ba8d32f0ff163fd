import { columnKey, type StructType } from '../../types/index.js'
import type { Action, AddFile } from '../actions/index.js'
import { discard, holdsPartitionColumns } from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { isOn, type TableState } from '../protocol/index.js'
import { allFields, checkNewColumnNames, compareSchemas, isMapped, isVoid, mappingMode } from '../schema/index.js'
import { type DeltaTable, draftOf, finishDraft } from '../table/index.js'
import { tableConstraints } from './constraints.js'
import type { RowSource, StoredRows } from './rows.js'
import { TableWriter, type TableWriterOptions, type WritableTable } from './tableWriter.js'
import { wantedSchema } from './wantedSchema.js'

/**
 * Rows to be written; a function returns them again each time, should the table have changed during the first write.
 */
export type RepeatableRows = RowSource | (() => RowSource)

/** Files that hold all rows of a source, and what the table has to become for them. */
export interface SourceFiles {
  readonly adds: readonly AddFile[]
  readonly rows: number
  /** The table as it is with its new schema. */
  readonly table: WritableTable
  /** What changes the table, where the rows need another schema. */
  readonly rules: readonly Action[]
}

/**
 * How {@link SourceWriting} writes, and what the rows may change of the table; partitioned as before when
 * `partitionColumns` is absent.
 */
export interface SourceFilesOptions extends TableWriterOptions {
  /**
   * The table's schema once it holds the rows; the same schema when it is to stay. `first`: no rows came before them.
   */
  readonly schemaFor?: ((table: WritableTable, rows: StoredRows, first: boolean) => StructType) | undefined
  readonly partitionColumns?: readonly string[] | undefined
}

/** The rows of a source could be had only once, and the table has changed since they were written for it. */
export class RowsConsumed extends Error {}

/**
 * Writes the rows of a source into files of a table, once: they serve for every later version of the table that wants
 * its files to be the same. For a table that wants others they are written again, if the rows can be read again.
 */
export class SourceWriting {
  readonly #table: DeltaTable
  readonly #source: RepeatableRows
  readonly #options: SourceFilesOptions
  #consumed = false
  #made: { readonly key: string; readonly files: SourceFiles } | undefined

  constructor(table: DeltaTable, source: RepeatableRows, options: SourceFilesOptions) {
    this.#table = table
    this.#source = source
    this.#options = options
  }

  /** @throws {@link RowsConsumed}, and what {@link TableWriter} throws; then no file is left */
  async filesFor(state: TableState): Promise<SourceFiles> {
    const key = shapeKey(state, { table: this.#table.url, version: state.version })
    if (this.#made?.key === key) return this.#made.files
    await this.discard()
    if (this.#consumed) throw new RowsConsumed('the rows could be read only once')
    this.#consumed = !isRepeatable(this.#source)
    const files = await this.#write(state)
    this.#made = { key, files }
    return files
  }

  /** Deletes the files, when no commit names them. */
  async discard(): Promise<void> {
    const made = this.#made
    this.#made = undefined
    if (made !== undefined) await discard(this.#table, made.files.adds)
  }

  async #write(state: TableState): Promise<SourceFiles> {
    const { schemaFor, partitionColumns } = this.#options
    const adds: AddFile[] = []
    let table: WritableTable = state
    let rules: readonly Action[] = []
    let writer: TableWriter | undefined
    let rows = 0
    let first = true
    try {
      for await (const piece of typeof this.#source === 'function' ? this.#source() : this.#source) {
        const schema = schemaFor?.(table, piece, first) ?? table.schema
        first = false
        if (schema !== table.schema) {
          // Files of the narrower schema are files of the wider one, too.
          if (writer !== undefined) adds.push(...(await writer.finish()))
          writer = undefined
          const drafted = finishDraft({
            ...draftOf(state),
            schema,
            partitionColumns: partitionColumns ?? state.metadata.partitionColumns,
          })
          table = { ...drafted, version: state.version }
          rules = drafted.actions
        }
        writer ??= new TableWriter(this.#table.store, table, this.#options)
        await writer.write(piece)
        rows += piece.count
      }
      if (writer !== undefined) adds.push(...(await writer.finish()))
    } catch (error) {
      await writer?.abort()
      await discard(this.#table, adds)
      throw error
    }
    return { adds, rows, table, rules }
  }
}

/** What of a table its new files depend on. */
function shapeKey(state: TableState, where: LogPlace): string {
  const { metadata, protocol } = state
  return JSON.stringify([
    metadata.schemaString,
    metadata.partitionColumns,
    mappingMode(metadata.configuration),
    holdsPartitionColumns(protocol),
    tableConstraints(state, where),
  ])
}

/** An array can be iterated again, a generator or a stream cannot. */
function isRepeatable(source: RepeatableRows): boolean {
  if (typeof source === 'function') return true
  return Symbol.iterator in source && (source[Symbol.iterator]() as unknown) !== source
}

/**
 * The table's schema with what the rows have besides, or in a wider type where the table allows that (Spark's
 * `mergeSchema`).
 *
 * @throws DeltaError DELTA_INCOMPATIBLE_SCHEMA
 */
export function mergedSchema({ schema, metadata }: WritableTable, rows: StoredRows, where: LogPlace): StructType {
  const change = compareSchemas(schema, wantedSchema(schema, rows), {
    widenTypes: isOn(metadata.configuration, 'delta.enableTypeWidening'),
  })
  if (change.kind === 'same') return schema
  if (change.kind === 'incompatible') {
    throw new DeltaError(
      'DELTA_INCOMPATIBLE_SCHEMA',
      `column ${change.field} of the rows does not fit the table: ${change.why}`,
      {
        where,
        data: { column: change.field, table: change.tableType, rows: change.wantedType },
      },
    )
  }
  const known = new Set([...allFields(schema)].map(({ path }) => columnKey(path)))
  const added = [...allFields(change.schema)].filter(({ path }) => !known.has(columnKey(path)))
  for (const { path, field } of added) {
    if (!isVoid(field.type)) continue
    throw new DeltaError(
      'DELTA_INCOMPATIBLE_SCHEMA',
      `column ${columnKey(path)} of the rows is not in the table, and says no type by which to add it`,
      { where },
    )
  }
  if (!isMapped(metadata.configuration))
    checkNewColumnNames({ type: 'struct', fields: added.map(({ field }) => ({ ...field, type: 'long' })) })
  return change.schema
}
