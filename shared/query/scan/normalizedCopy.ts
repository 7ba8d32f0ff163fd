import { columnLayout, type OpenFolder, readDataFile, type RowFile, type Snapshot } from '../../delta/index.js'
import { ParquetWriter, type RowGroupInfo } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { Column, DataType, StructField } from '../../types/index.js'
import { identifier, sqlType } from '../duckdb/index.js'
import type { FileCache, FileLease } from './fileCache.js'

/** The table's state that the copy follows, and the columns it has. */
export interface NormalizedCopyOptions {
  readonly state: Pick<Snapshot, 'metadata' | 'schema'>
  /** Columns wanted. */
  readonly fields: readonly StructField[]
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset; UTC when absent. */
  readonly timeZone?: string | undefined
  /** The row groups wanted; all when absent. */
  readonly groups?: readonly RowGroupInfo[] | undefined
}

/**
 * A data file's rows as this project's own reader sees them, in a local Parquet file that any engine reads: without
 * deleted rows, with partition values, in the table's types. Memory is bounded by a row group of the wanted columns.
 * Its columns have names of their own; {@link normalizedCopySql} gives them back the table's.
 */
export function normalizedCopy(
  cache: FileCache,
  store: ObjectStore,
  file: RowFile,
  options: NormalizedCopyOptions,
): Promise<FileLease> {
  const where = { table: store.url }
  const fields = options.fields.filter(field => field.type !== 'void')
  const written = copyFields(fields)
  // Rows are rows even when no column of them is wanted.
  const count: StructField = { name: 'rows', type: 'integer', nullable: false }
  return cache.create(async sink => {
    const writer = new ParquetWriter(sink, written.length === 0 ? [count] : written, { packed: false })
    const { openFolder, timeZone, groups } = options
    const starts = groups && new Set(groups.map(({ rowStart }) => rowStart))
    for await (const { rows, columns } of readDataFile(store, file, {
      layout: columnLayout(options.state, where),
      fields,
      openFolder,
      timeZone,
      isGroupWanted: starts && (({ rowStart }) => starts.has(rowStart)),
      where,
    })) {
      const group = written.map((field, i): Column => ({ field, data: columns[i] ?? [] }))
      await writer.appendRowGroup(written.length === 0 ? [{ field: count, data: new Int32Array(rows) }] : group)
    }
    await writer.finish()
  })
}

/** The SELECT list that builds `fields` from the columns of normalized copies. */
export function normalizedCopySql(fields: readonly StructField[]): string[] {
  let next = 0
  return fields.map(({ name, type }) => {
    const column = type === 'void' ? 'NULL' : identifier(copyName(next++))
    return `CAST(${column} AS ${sqlType(type)}) AS ${identifier(name)}`
  })
}

/** The columns of a normalized copy of `fields`, none of which may be void. */
export function copyFields(fields: readonly StructField[]): StructField[] {
  return fields.map(({ type }, i) => ({ name: copyName(i), type: copyType(type), nullable: true }))
}

const copyName = (place: number) => `c${place}`

/** The type as Parquet can hold it: a variant as its two parts, structs without their void fields. */
function copyType(type: DataType): DataType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'decimal':
      return type
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields
          .filter(f => f.type !== 'void')
          .map(f => ({ name: f.name, type: copyType(f.type), nullable: true })),
      }
    case 'array':
      return { ...type, elementType: copyType(type.elementType), containsNull: true }
    case 'map':
      return { ...type, keyType: copyType(type.keyType), valueType: copyType(type.valueType), valueContainsNull: true }
  }
}
