import {
  type DataType,
  isJsonObject,
  type Json,
  namedValue,
  parseJson,
  type Row,
  type StructField,
  type Value,
} from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import { isMapped, isVoid, parsePartitionValue, storedName } from '../schema/index.js'
import { parseBound, planStats, type StatsColumn, type StatsShape } from '../stats/index.js'

/**
 * Statistics and partition values of an `add` with types, as checkpoints have them beside or in the place of strings
 * (PROTOCOL.md, "Checkpoints").
 */
export interface TypedColumns {
  /** Absent in a table without partitions. */
  readonly partitionValues: StructField | undefined
  /** Absent in a table without columns. */
  readonly stats: StructField
  /** The two columns of one file, by the fields' names; what cannot be read is null. */
  values(add: AddFile): Row
}

/**
 * The typed columns of a table's checkpoint, under physical names and with Spark's types.
 *
 * @param tightBounds whether the table may have deletion vectors, so that statistics record whether bounds are tight
 */
export function typedColumns(table: StatsShape, tightBounds: boolean): TypedColumns {
  const { columns } = planStats(table)
  const known = columns.filter(({ field }) => !isVoid(field.type))
  const bounds = treeOf(
    known.filter(column => column.bounds),
    ({ field }) => field.type,
  )
  const nulls = treeOf(known, () => 'long')
  const parts: StructField[] = [optional('numRecords', 'long')]
  if (bounds.length > 0) parts.push(struct('minValues', bounds), struct('maxValues', bounds))
  if (nulls.length > 0) parts.push(struct('nullCount', nulls))
  if (tightBounds) parts.push(optional('tightBounds', 'boolean'))
  const stats = struct('stats_parsed', parts)
  const keys = partitionKeys(table)
  const partitionValues =
    keys.length === 0
      ? undefined
      : struct(
          'partitionValues_parsed',
          keys.map(({ name, type }) => optional(name, type)),
        )
  return {
    partitionValues,
    stats,
    values(add) {
      const parsed = add.stats === undefined ? null : statsRow(parts, add.stats)
      if (partitionValues === undefined) return { stats_parsed: parsed }
      return { partitionValues_parsed: partitionRow(keys, add.partitionValues), stats_parsed: parsed }
    },
  }
}

function optional(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} }
}

function struct(name: string, fields: readonly StructField[]): StructField {
  return optional(name, { type: 'struct', fields })
}

/** The columns as nested fields by their physical paths, in the order of the schema. */
function treeOf(columns: readonly StatsColumn[], typeOf: (column: StatsColumn) => DataType, depth = 0): StructField[] {
  const groups = new Map<string, StatsColumn[]>()
  for (const column of columns) {
    const name = column.physicalPath[depth] ?? ''
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [column])
    else group.push(column)
  }
  return [...groups].map(([name, group]) => {
    const [first] = group
    if (first !== undefined && first.physicalPath.length === depth + 1) return optional(name, typeOf(first))
    return struct(name, treeOf(group, typeOf, depth + 1))
  })
}

function partitionKeys({
  schema,
  partitionColumns,
  configuration,
}: StatsShape): { readonly name: string; readonly type: DataType }[] {
  const mapped = isMapped(configuration)
  return partitionColumns.flatMap(column => {
    const field =
      schema.fields.find(({ name }) => name === column) ??
      schema.fields.find(({ name }) => name.toLowerCase() === column.toLowerCase())
    return field === undefined ? [] : [{ name: storedName(field, mapped), type: field.type }]
  })
}

function partitionRow(
  keys: readonly { readonly name: string; readonly type: DataType }[],
  strings: AddFile['partitionValues'],
): Row {
  return Object.fromEntries(
    keys.map(({ name, type }): [string, Value] => {
      try {
        return [name, parsePartitionValue(type, namedValue(strings, name))]
      } catch {
        return [name, null]
      }
    }),
  )
}

function statsRow(parts: readonly StructField[], text: string): Row | null {
  let json: Json
  try {
    json = parseJson(text)
  } catch {
    return null
  }
  if (!isJsonObject(json)) return null
  return Object.fromEntries(
    parts.map(({ name, type }): [string, Value] => [name, valueOf(type, namedValue(json, name))]),
  )
}

/** An object that the text does not have is null, and so is a value that is not of its type. */
function valueOf(type: DataType, json: Json | undefined): Value {
  if (typeof type === 'string' || type.type !== 'struct') return parseBound(type, json) ?? null
  if (!isJsonObject(json)) return null
  return Object.fromEntries(
    type.fields.map(({ name, type: inner }): [string, Value] => [name, valueOf(inner, namedValue(json, name))]),
  )
}
