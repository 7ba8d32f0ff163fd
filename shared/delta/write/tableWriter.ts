import { systemClock } from '../../clock.js'
import { decodedData } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { Column, ColumnData, Row, StructField, StructType, Value } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import {
  dataFileLayout,
  newDataFileName,
  type PhysicalLayout,
  pickedData,
  type RowIdColumns,
  rowIdColumns,
  type RowOrigins,
  targetFileSizeOf,
} from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { expressionFeatures, keptFeatures, requireWritableRows, type TableState } from '../protocol/index.js'
import { isMapped } from '../schema/index.js'
import type { StatsShape } from '../stats/index.js'
import { conformRows } from './conformRows.js'
import { type Constraint, requireConstraints, tableConstraints } from './constraints.js'
import { PartitionFiles } from './partitionFiles.js'
import { splitByPartition } from './partitionSplit.js'
import { decodedRows, type Rows, type StoredRows } from './rows.js'
import { storedValues } from './storedValues.js'
import type { WriteOptions } from './writeOptions.js'

/** What a writer needs to know of its table. */
export type WritableTable = Pick<TableState, 'version' | 'protocol' | 'metadata' | 'schema'>

/** What a {@link TableWriter} has to know of the rows that the table itself does not give. */
export interface TableWriterOptions extends WriteOptions {
  /** False for rows that the table had already, only in other files. Default true. */
  readonly dataChange?: boolean | undefined
  /** Checks rows before they are written, and throws when they must not be; `rowsBefore` came before them. */
  readonly check?: ((rows: StoredRows, rowsBefore: number) => Promise<void>) | undefined
}

/**
 * The features whose requirements {@link TableWriter} and {@link ChangeFileWriter} meet for their callers: the `keeps`
 * of a transaction that adds what they wrote. Constraints are among them only where somebody can evaluate SQL.
 */
export function writtenFeatures({ expressions }: Pick<WriteOptions, 'expressions'>): readonly string[] {
  return expressions === undefined ? keptFeatures.filter(name => !expressionFeatures.includes(name)) : keptFeatures
}

/**
 * Writes rows into new data files of a table, as the table requires them: split by partition, under physical names and
 * ids, with statistics, checked against types, nullability, constraints and invariants. Nobody sees the rows before the
 * files are committed. Memory is bounded whatever the number of rows; calls must be awaited one by one.
 *
 * ```ts
 * const writer = new TableWriter(store, snapshot, { expressions })
 * try {
 *   for await (const rows of source) await writer.write(rows)
 *   adds = await writer.finish()
 * } catch (error) {
 *   await writer.abort()
 *   throw error
 * }
 * ```
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE from the constructor; DELTA_BAD_ROWS and DELTA_CONSTRAINT_VIOLATED while writing
 */
export class TableWriter {
  readonly #files: PartitionFiles
  readonly #rows: RowSplitter
  readonly #constraints: readonly Constraint[]
  readonly #options: TableWriterOptions
  readonly #where: LogPlace
  readonly #ids: RowIdColumns | undefined
  #count = 0
  #tracked = false

  constructor(store: ObjectStore, table: WritableTable, options: TableWriterOptions = {}) {
    const { metadata, schema, version } = table
    this.#where = { table: store.url, version }
    requireWritableRows(
      table,
      options.dataChange === false ? 'rearrange' : 'append',
      writtenFeatures(options),
      this.#where,
    )
    this.#constraints = options.dataChange === false ? [] : tableConstraints(table, this.#where)
    this.#ids = rowIdColumns(table, this.#where)
    this.#options = options
    const shape = { ...metadata, schema }
    const layout = dataFileLayout(table)
    // A file without columns does not show how many rows it has.
    if (layout.fields.length === 0)
      throw new DeltaError('DELTA_BAD_SCHEMA', 'the table has no column that a data file could hold', {
        where: this.#where,
      })
    this.#rows = new RowSplitter(shape, layout)
    this.#files = new PartitionFiles({
      store,
      table: shape,
      layout,
      targetFileSize: options.targetFileSize ?? targetFileSizeOf(metadata.configuration),
      clock: options.clock ?? systemClock,
      newName: newDataFileName,
    })
  }

  /**
   * @param rows in the table's logical names and types, partition columns among them
   * @param origins for rows that were in the table before, where it tracks rows; see {@link originReading}
   */
  async write(rows: StoredRows, origins?: RowOrigins): Promise<void> {
    const fitted = conformRows(this.#rows.shape, rows, { where: this.#where, rowsBefore: this.#count })
    const { expressions, check } = this.#options
    await check?.(fitted, this.#count)
    if (expressions !== undefined && this.#constraints.length > 0)
      await requireConstraints(this.#constraints, expressions, decodedRows(fitted), {
        where: this.#where,
        rowsBefore: this.#count,
      })
    this.#count += rows.count
    this.#tracked ||= origins !== undefined && this.#ids !== undefined
    const hidden = this.#tracked && this.#ids !== undefined ? [this.#ids.id, this.#ids.commitVersion] : []
    const nothing = hidden.length > 0 && origins === undefined ? new Array<Value>(rows.count).fill(null) : []
    const hiddenData = hidden.length === 0 ? [] : [origins?.ids ?? nothing, origins?.commitVersions ?? nothing]
    for (const part of this.#rows.split(fitted, hiddenData, this.#count - rows.count))
      await this.#files.append({ ...part, hidden })
  }

  /** Makes the files visible, for the caller to commit. */
  async finish(): Promise<readonly AddFile[]> {
    const { dataChange = true } = this.#options
    return (await this.#files.finish()).map(add => ({ ...add, dataChange }))
  }

  /** Deletes all files of this writer, finished ones as well. */
  async abort(): Promise<void> {
    await this.#files.abort()
  }
}

/** Splits fitted rows by partition, and gives them the form in which files hold them. */
export class RowSplitter {
  readonly shape: StatsShape
  readonly #layout: PhysicalLayout
  readonly #mapped: boolean
  readonly #partitions: readonly string[]

  constructor(shape: StatsShape, layout: PhysicalLayout) {
    this.shape = shape
    this.#layout = layout
    this.#mapped = isMapped(shape.configuration)
    this.#partitions = shape.partitionColumns.map(name => name.toLowerCase())
  }

  *split({ columns, count }: StoredRows, hidden: readonly ColumnData[], rowsBefore: number) {
    if (count === 0) return
    const byName = new Map(columns.map(column => [column.field.name.toLowerCase(), column]))
    const partitions = this.#partitions.flatMap((name): readonly Column[] => {
      const column = byName.get(name)
      return column === undefined ? [] : [{ field: column.field, data: decodedData(column.data) }]
    })
    const data = this.#layout.source.map(field =>
      storedValues(field, byName.get(field.name.toLowerCase())?.data ?? [], this.#mapped),
    )
    for (const { key, values, rows } of splitByPartition(partitions, count, this.#mapped, rowsBefore)) {
      const all = [...data, ...hidden]
      yield {
        key,
        values,
        count: rows?.length ?? count,
        columns: rows === undefined ? all : all.map(column => pickedData(column, rows)),
      }
    }
  }
}

/**
 * Rows as objects by column name, as columns of the schema. Convenient, and not for many rows. Names that the schema
 * lacks become void columns, which whoever writes the rows refuses by name; values are checked there, too.
 *
 * ```ts
 * rowsOf(parseSchemaText('id BIGINT, day DATE'), [{ id: 1n, day: 20_000 }])
 * ```
 */
export function rowsOf(schema: StructType, rows: readonly Row[]): Rows {
  const known = new Set(schema.fields.map(({ name }) => name))
  const extra = rows.flatMap(row => Object.keys(row).filter(name => !known.has(name)))
  const unknown = [...new Set(extra)].map((name): StructField => ({ name, type: 'void', nullable: true }))
  return {
    count: rows.length,
    columns: [...schema.fields, ...unknown].flatMap((field): readonly Column[] =>
      rows.some(row => row[field.name] !== undefined)
        ? [{ field, data: rows.map(row => row[field.name] ?? null) }]
        : [],
    ),
  }
}
