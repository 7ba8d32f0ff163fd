import { type DataType, fieldNamed, type StructField } from '../../types/index.js'
import type { Projection } from '../assembly/index.js'
import { inFile, ParquetError, type ParquetSource } from '../base/index.js'
import { losslessDecoder, typeName, type ValueDecoder, valueDecoder } from '../encoding/index.js'
import { calendarOf, type LeafNode, type LegacyCalendars, type SchemaNode } from '../schema/index.js'
import { projectVariant } from '../variant/index.js'

/**
 * How an asked-for field finds its column: by its name, by the physical name in its metadata, or by the id that both
 * carry (Delta's column mapping in name and id mode).
 */
export type ColumnMatch = 'name' | 'physicalName' | 'id'

/** Which columns are read, and as which types; all under their own when all are absent. */
export interface ColumnOptions {
  /** Names of top-level columns, in the order wanted; all of the file's when absent. One that it lacks is all null. */
  readonly columns?: readonly string[] | undefined
  /** The columns wanted with the types they shall have; takes the place of `columns`. */
  readonly fields?: readonly StructField[] | undefined
  /** How `fields` find their columns; default by name. */
  readonly match?: ColumnMatch | undefined
  /** Whether a value that the type cannot hold whole, as nanoseconds, is an error; it is cut otherwise. */
  readonly lossless?: boolean | undefined
}

/** Which columns and rows are read, and as which types; the whole file under its own schema when all are absent. */
export interface ReadOptions extends ColumnOptions {
  /** First row, default 0. */
  readonly rowStart?: number | undefined
  /** One past the last row, default all. */
  readonly rowEnd?: number | undefined
}

/** A column to read, under the name and type that are asked for. */
export interface TargetColumn {
  readonly field: StructField
  /** Absent when the file has no such column. */
  readonly column: ColumnProjection | undefined
}

/** A column to read, and how each of its physical columns becomes values. */
export interface ColumnProjection {
  readonly projection: Projection
  readonly decoders: ReadonlyMap<LeafNode, ValueDecoder>
}

const columnId = 'delta.columnMapping.id'
const physicalName = 'delta.columnMapping.physicalName'

/**
 * The node for `field` among `nodes`, or nothing when the file lacks it. A name without an exact match may match in
 * other letter case, as other engines have it.
 */
function findNode(nodes: readonly SchemaNode[], field: StructField, match: ColumnMatch): SchemaNode | undefined {
  const id = field.metadata?.[columnId]
  if (match === 'id' && typeof id === 'number') return nodes.find(node => node.fieldId === id)
  const physical = match === 'name' ? undefined : field.metadata?.[physicalName]
  if (typeof physical === 'string') return nodes.find(node => node.name === physical)
  return fieldNamed(nodes, field.name)
}

/**
 * The columns that the options ask for, of a file whose own ones are `own`, the fields of `nodes`.
 *
 * @throws ParquetError PARQUET_TYPE_MISMATCH, naming the file
 */
export function targetColumns(
  source: ParquetSource,
  nodes: readonly SchemaNode[],
  own: readonly StructField[],
  { columns, fields, match = 'name', lossless = false }: ColumnOptions,
  calendars: LegacyCalendars,
): readonly TargetColumn[] {
  const named = new Map(own.map(field => [field.name, field]))
  const wanted =
    fields ?? columns?.map((name): StructField => named.get(name) ?? { name, type: 'string', nullable: true }) ?? own
  return wanted.map(field => {
    const node = findNode(nodes, field, fields === undefined ? 'name' : match)
    if (node === undefined) return { field, column: undefined }
    try {
      return { field, column: projectColumn(node, field.type, match, calendars, lossless) }
    } catch (error) {
      throw inFile(source, error)
    }
  })
}

/**
 * Reads `node` as `type`: nested fields that the file lacks are null, those not asked for are not read, and numbers
 * widen as valueDecoder.ts defines. `lossless`: what a type cannot hold whole is an error.
 *
 * @throws ParquetError PARQUET_TYPE_MISMATCH
 */
function projectColumn(
  node: SchemaNode,
  type: DataType,
  match: ColumnMatch,
  calendars: LegacyCalendars = {},
  lossless = false,
): ColumnProjection {
  const decoders = new Map<LeafNode, ValueDecoder>()
  return { projection: project(node, type, 0), decoders }

  function leaves(...projections: (Projection | null)[]): LeafNode[] {
    return projections.flatMap(p => (p === null ? [] : p.kind === 'leaf' ? [p.leaf] : p.leaves))
  }

  function project(from: SchemaNode, wanted: DataType, repetition: number): Projection {
    if (from.kind === 'leaf') {
      const decoder = valueDecoder(from, wanted, calendarOf(from, calendars))
      decoders.set(from, lossless ? losslessDecoder(from, decoder) : decoder)
      return { kind: 'leaf', leaf: from }
    }
    if (typeof wanted === 'string' || wanted.type !== from.kind) throw mismatch(from, wanted)
    if (from.kind === 'struct' && wanted.type === 'struct') {
      if (wanted.variant === true) {
        const { raw, restore } = projectVariant(from, repetition, calendars, decoders)
        return { kind: 'restored', raw, restore, maxDefinitionLevel: from.maxDefinitionLevel, leaves: leaves(raw) }
      }
      const children = wanted.fields.map(field => {
        const child = findNode(from.children, field, match)
        return { name: field.name, node: child === undefined ? null : project(child, field.type, repetition) }
      })
      const found = leaves(...children.map(({ node: child }) => child))
      const probe = found.length > 0 ? undefined : (from.leaves[0] as LeafNode)
      if (probe !== undefined) decoders.set(probe, valueDecoder(probe, probe.type))
      const all = probe === undefined ? found : [probe]
      return {
        kind: 'struct',
        maxDefinitionLevel: from.maxDefinitionLevel,
        children,
        maxRepetitionLevel: repetition,
        probe,
        leaves: all,
      }
    }
    if (from.kind === 'array' && wanted.type === 'array') {
      const item = project(from.item, wanted.elementType, from.maxRepetitionLevel)
      return { kind: 'array', ...levels(from), item, leaves: leaves(item) }
    }
    if (from.kind === 'map' && wanted.type === 'map') {
      const key = project(from.key, wanted.keyType, from.maxRepetitionLevel)
      const value = project(from.value, wanted.valueType, from.maxRepetitionLevel)
      return { kind: 'map', ...levels(from), key, value, leaves: leaves(key, value) }
    }
    throw mismatch(from, wanted)
  }
}

function levels({
  maxDefinitionLevel,
  entry,
  maxRepetitionLevel,
}: {
  maxDefinitionLevel: number
  entry: number
  maxRepetitionLevel: number
}) {
  return { maxDefinitionLevel, entry, maxRepetitionLevel }
}

function mismatch(node: SchemaNode, wanted: DataType): ParquetError {
  const name = typeof wanted === 'string' ? wanted : wanted.type
  return new ParquetError(
    'PARQUET_TYPE_MISMATCH',
    `Column ${node.name} is ${node.kind === 'leaf' ? typeName(node.type) : node.kind} in the file and cannot be read as ${name}.`,
    { data: { column: node.name, wanted: name } },
  )
}
