import { type Clock, systemClock } from '../../clock.js'
import {
  BinaryColumn,
  encodeParquet,
  type PagedColumns,
  Utf8Column,
  type WrittenCodec,
  type WrittenColumn,
} from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { namedValue } from '../../types/index.js'
import { type AddFile, encodeLogPath } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { compressionCodec } from '../protocol/index.js'
import { typeText } from '../schema/index.js'
import { collectStats, encodeStats, planStats, type StatsShape } from '../stats/index.js'
import { newDataFileName } from './dataFileName.js'

/** What determines a table's data files: its schema, partition columns and properties. */
export type DataFileLayout = StatsShape

/**
 * How a data file is written, and what its `add` holds besides what follows from the rows; `clock` gives its
 * modification time.
 */
export interface DataFileOptions {
  /** Default: the table's `delta.parquet.compression.codec`, or zstd. */
  readonly codec?: WrittenCodec | undefined
  readonly rowGroupRows?: number | undefined
  /** Columns of which few rows can be read by themselves. */
  readonly paged?: PagedColumns | undefined
  /** False for rows that the table had already, only in other files. Default true. */
  readonly dataChange?: boolean | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly clock?: Clock | undefined
}

/** One partition's values by column name, as strings (see partitionValue.ts). */
export type PartitionTexts = Readonly<Record<string, string | null>>

/**
 * Writes one data file and answers the `add` that would make it part of the table. Nobody sees the rows before that
 * `add` is committed, so call it once, outside any retry loop; a file whose commit fails is left to VACUUM.
 *
 * `columns` are the table's columns without the partition columns; nullable ones may be left out. `store` is rooted at
 * the table.
 *
 * @throws DeltaError DELTA_BAD_ROWS when columns and table do not fit
 * @throws StorageError
 */
export async function writeDataFile(
  store: ObjectStore,
  layout: DataFileLayout,
  columns: readonly WrittenColumn[],
  partitionValues: PartitionTexts,
  options: DataFileOptions = {},
): Promise<AddFile> {
  const data = fitColumns(layout, columns)
  const bytes = encodeParquet(data, {
    codec: options.codec ?? compressionCodec(layout.configuration),
    rowGroupRows: options.rowGroupRows,
    paged: options.paged,
  })
  const name = newDataFileName()
  const add = describeDataFile(layout, data, partitionValues, {
    ...options,
    name,
    size: bytes.length,
    modificationTime: (options.clock ?? systemClock).now(),
  })
  await store.put(name, bytes)
  return add
}

/** The `add` of a file that holds exactly `columns`. Pure. */
export function describeDataFile(
  layout: DataFileLayout,
  columns: readonly WrittenColumn[],
  partitionValues: PartitionTexts,
  file: Pick<DataFileOptions, 'dataChange' | 'tags'> & {
    /** The object's name, relative to the table, not encoded. */
    readonly name: string
    readonly size: number
    readonly modificationTime: number
  },
): AddFile {
  const plan = planStats(layout)
  return {
    path: encodeLogPath(file.name),
    partitionValues: completePartition(layout, partitionValues),
    size: file.size,
    modificationTime: file.modificationTime,
    dataChange: file.dataChange ?? true,
    stats: encodeStats(collectStats(columns, plan), plan),
    tags: file.tags,
  }
}

/**
 * The columns in the table's order and with the table's fields. Pure.
 *
 * @throws DeltaError DELTA_BAD_ROWS when they do not fit
 */
function fitColumns({ schema, partitionColumns }: DataFileLayout, columns: readonly WrittenColumn[]): WrittenColumn[] {
  const given = new Map(columns.map(column => [column.field.name, column]))
  const fitted: WrittenColumn[] = []
  for (const field of schema.fields) {
    const column = given.get(field.name)
    given.delete(field.name)
    if (partitionColumns.includes(field.name)) {
      if (column !== undefined) throw bad(field.name, 'is a partition column: its value belongs into partitionValues')
    } else if (column !== undefined) {
      if (typeText(column.field.type) !== typeText(field.type))
        throw bad(field.name, `is ${typeText(field.type)} in the table and ${typeText(column.field.type)} in the rows`)
      if (!field.nullable && hasNull(column)) throw bad(field.name, 'may not be null in the table, and is in a row')
      fitted.push({ field, data: column.data })
    } else if (!field.nullable) throw bad(field.name, 'may not be null in the table, and the rows lack it')
  }
  for (const name of given.keys()) throw bad(name, 'is not a column of the table')
  if (fitted.length === 0)
    throw new DeltaError('DELTA_BAD_ROWS', 'a data file needs at least one column that is not a partition column')
  return fitted
}

function hasNull({ data }: WrittenColumn): boolean {
  if (data instanceof Utf8Column || data instanceof BinaryColumn) return data.nullCount() > 0
  return Array.isArray(data) && data.some((value: unknown) => value === null || value === undefined)
}

/** Exactly the table's partition columns; the empty text is null, as readers have it. */
function completePartition(
  { partitionColumns }: DataFileLayout,
  values: PartitionTexts,
): Record<string, string | null> {
  for (const name of Object.keys(values))
    if (!partitionColumns.includes(name)) throw bad(name, 'is no partition column')
  return Object.fromEntries(
    partitionColumns.map(name => {
      const value = namedValue(values, name)
      if (value === undefined) throw bad(name, 'is a partition column without a value: say null')
      return [name, value === '' ? null : value]
    }),
  )
}

function bad(column: string, what: string): DeltaError {
  return new DeltaError('DELTA_BAD_ROWS', `column ${column} ${what}`, { data: { column } })
}
