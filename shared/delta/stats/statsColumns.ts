import { columnKey, parseColumnList, type StructField, type StructType } from '../../types/index.js'
import { isMapped, type LeafColumn, leafColumns, physicalNameOf } from '../schema/index.js'
import { defaultStringPrefix } from './stringTruncation.js'
import { hasBounds } from './valueBounds.js'

/** Which columns of a table have statistics (PROTOCOL.md, "Per-file Statistics"). */
export interface StatsColumn extends LeafColumn {
  /** {@link columnKey} of the path: how statistics in memory name the column. */
  readonly key: string
  /** The names in the data files and in the statistics' JSON; differs from `path` only under column mapping. */
  readonly physicalPath: readonly string[]
  /** Whether it has a least and a greatest value, or only a count of nulls. */
  readonly bounds: boolean
}

/** Which statistics the data files of a table get; {@link planStats} makes it. */
export interface StatsPlan {
  /** In the order of the schema. */
  readonly columns: readonly StatsColumn[]
  /** How much of a string a bound keeps; see valueBounds.ts. */
  readonly stringPrefix: number
  /** Whether exact statistics are marked as tight, as they are where a deletion vector may make them wide. */
  readonly saysTight?: boolean | undefined
}

/** What determines which statistics a table has: its schema, its partition columns and its properties. */
export interface StatsShape {
  readonly schema: StructType
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
}

/**
 * The columns to write statistics for: the leaves named by `delta.dataSkippingStatsColumns`, or else the first
 * `delta.dataSkippingNumIndexedCols` (32; -1 is all) that are not partition columns.
 */
export function planStats(table: StatsShape): StatsPlan {
  const { configuration } = table
  const all = statsColumns(table)
  const named = configuration['delta.dataSkippingStatsColumns']
  const count = wholeNumber(configuration['delta.dataSkippingNumIndexedCols'], 32)
  const columns = named === undefined ? (count < 0 ? all : all.slice(0, count)) : all.filter(isNamedIn(named))
  const stringPrefix = wholeNumber(configuration['delta.dataSkippingStringPrefixLength'], defaultStringPrefix)
  return { columns, stringPrefix }
}

/** Every leaf that can have statistics, whatever the properties are: what a reader looks for. */
export function statsColumns({ schema, partitionColumns, configuration }: StatsShape): StatsColumn[] {
  const partitions = new Set(partitionColumns.map(name => name.toLowerCase()))
  const mapped = isMapped(configuration)
  const data = schema.fields.filter(field => !partitions.has(field.name.toLowerCase()))
  return leafColumns({ type: 'struct', fields: data }).map(({ path, field }) => ({
    path,
    field,
    key: columnKey(path),
    physicalPath: mapped ? physicalPath(data, path) : path,
    bounds: hasBounds(field.type),
  }))
}

function physicalPath(fields: readonly StructField[], path: readonly string[]): string[] {
  const [name, ...rest] = path
  const field = fields.find(f => f.name === name)
  if (field === undefined) return [...path]
  const inside = typeof field.type !== 'string' && field.type.type === 'struct' ? field.type.fields : []
  return [physicalNameOf(field), ...physicalPath(inside, rest)]
}

function isNamedIn(list: string): (column: StatsColumn) => boolean {
  const named = new Set(parseColumnList(list).map(path => columnKey(path).toLowerCase()))
  const isNamed = (path: readonly string[]) =>
    path.some((_name, depth) => named.has(columnKey(path.slice(0, depth + 1)).toLowerCase()))
  return column => isNamed(column.path) || isNamed(column.physicalPath)
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\s*-?\d+\s*$/.test(text) ? Number(text) : otherwise
}
