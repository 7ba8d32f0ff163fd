import { type DataType, fieldNamed, type Value } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import { valueDecoder } from '../encoding/index.js'
import type { DecodedArray } from '../hyparquetInternals.js'
import { calendarOf, isUnsigned, type LeafNode, legacyCalendars, type SchemaNode } from '../schema/index.js'
import type { CompactStruct } from './compactStruct.js'
import { ids } from './footerIds.js'
import type { RawFile } from './rawFile.js'

/** What a footer says of a physical column's values in a row group. */
export interface LeafBounds {
  /** Of rows without a value, those included whose struct is null. */
  readonly nullCount: number | undefined
  /** Least and greatest value as a type that the column can be read as; a bound that promises nothing is left out. */
  as(type: DataType): { readonly min?: Value | undefined; readonly max?: Value | undefined }
}

/** `absent` when the file has no such column, undefined when nothing is known of it. */
export function leafBounds(
  { file, footer }: RawFile,
  group: CompactStruct | undefined,
  path: readonly string[],
): LeafBounds | 'absent' | undefined {
  const leaf = leafAt(file.layout().nodes, path)
  if (leaf === undefined) return 'absent'
  if (leaf.kind !== 'leaf' || leaf.maxRepetitionLevel > 0) return undefined
  const statistics = group
    ?.structs(ids.rowGroup.columns)
    [leaf.index]?.struct(ids.chunk.metadata)
    ?.struct(ids.column.statistics)
  if (statistics === undefined) return undefined
  const calendars = legacyCalendars(file.keyValues)
  const trusted = isOrdered(leaf, footer) && calendarOf(leaf, calendars) === undefined
  return {
    nullCount: statistics.number(ids.statistics.nullCount),
    as: type =>
      trusted
        ? {
            min: boundOf(leaf, type, statistics.bytes(ids.statistics.min)),
            max: boundOf(leaf, type, statistics.bytes(ids.statistics.max)),
          }
        : {},
  }
}

function leafAt(nodes: readonly SchemaNode[], [name, ...inside]: readonly string[]): SchemaNode | undefined {
  const node = fieldNamed(nodes, name ?? '')
  if (node === undefined || inside.length === 0) return node
  // What is not a struct has no such field, and is no column to judge by either.
  return node.kind === 'struct' ? leafAt(node.children, inside) : node
}

/** Whether bounds are in the order in which values are compared. */
function isOrdered(leaf: LeafNode, footer: CompactStruct): boolean {
  const { element } = leaf
  switch (element.type) {
    case 'INT32':
    case 'INT64':
      return !isUnsigned(element, 32) && !isUnsigned(element, 64)
    case 'BOOLEAN':
    case 'FLOAT':
    case 'DOUBLE':
      return true
    case 'BYTE_ARRAY':
      return (
        leaf.type === 'string' &&
        footer.structs(ids.file.columnOrders)[leaf.index]?.fields.has(ids.columnOrder.byType) === true
      )
    default:
      return false
  }
}

function boundOf(leaf: LeafNode, type: DataType, bytes: Uint8Array | undefined): Value | undefined {
  const raw = bytes && rawValue(leaf, bytes)
  if (raw === undefined) return undefined
  try {
    const value = valueDecoder(leaf, type)(raw)[0]
    // Of NaN nothing is known, and before U+FFFD a text may have been cut.
    return Number.isNaN(value) || (typeof value === 'string' && value.includes('\ufffd')) ? undefined : value
  } catch (error) {
    if (error instanceof ParquetError) return undefined
    throw error
  }
}

/** A single value as a page would hold it; undefined when the bytes cannot be one. */
function rawValue({ element: { type } }: LeafNode, bytes: Uint8Array): DecodedArray | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const sized = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8, BOOLEAN: 1 } as const
  if (type === 'BYTE_ARRAY') return [bytes]
  if (type === undefined || !(type in sized) || bytes.length !== sized[type as keyof typeof sized]) return undefined
  switch (type) {
    case 'INT32':
      return Int32Array.of(view.getInt32(0, true))
    case 'INT64':
      return BigInt64Array.of(view.getBigInt64(0, true))
    case 'FLOAT':
      return Float32Array.of(view.getFloat32(0, true))
    case 'DOUBLE':
      return Float64Array.of(view.getFloat64(0, true))
    default:
      return [bytes[0] !== 0]
  }
}
