import type { Value } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import { type DecodedValues, typeName, type ValueDecoder, valueDecoder } from '../encoding/index.js'
import type { SchemaElement } from '../hyparquetInternals.js'
import { calendarOf, isUnsigned, type LeafNode, type LegacyCalendars, type SchemaNode } from '../schema/index.js'
import type { VariantBuilder } from './variantBuilder.js'
import { primitives } from './variantBytes.js'

/** Appends a shredded value, which is not null, as a variant of its column's type. */
export type AppendScalar = (builder: VariantBuilder, value: Value) => void

/** How the values of a physical column become variants. */
export interface ShreddedScalar {
  readonly decode: ValueDecoder
  readonly append: AppendScalar
}

/**
 * The types that variants have, each with its Parquet type.
 *
 * @throws ParquetError PARQUET_UNSUPPORTED for a type that they do not have
 */
export function shreddedScalar(leaf: LeafNode, calendars: LegacyCalendars): ShreddedScalar {
  const append = scalarAppend(leaf)
  if (append === undefined) throw unknown(leaf)
  // Nanoseconds stay; a table's own times have none. Strings go on as the bytes that they are.
  const decode = isNanos(leaf.element)
    ? (raw: Parameters<ValueDecoder>[0]) => raw as DecodedValues
    : valueDecoder(leaf, leaf.type === 'string' ? 'binary' : leaf.type, calendarOf(leaf, calendars))
  return { decode, append }
}

function scalarAppend({ element, type }: LeafNode): AppendScalar | undefined {
  if (typeof type !== 'string') {
    const { precision, scale } = type
    return isUnsigned(element, 64) || precision > 38 || scale > precision
      ? undefined
      : (builder, value) => {
          builder.appendDecimal(value as bigint, scale)
        }
  }
  switch (type) {
    case 'boolean':
      return (builder, value) => {
        builder.appendBoolean(value as boolean)
      }
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      if (isTime(element)) return appendTime(primitives.time)
      return isSigned(element)
        ? (builder, value) => {
            builder.appendInteger(value as number | bigint)
          }
        : undefined
    case 'float':
      return element.type === 'FLOAT'
        ? (builder, value) => {
            builder.appendFloat(value as number)
          }
        : undefined
    case 'double':
      return (builder, value) => {
        builder.appendDouble(value as number)
      }
    case 'date':
      return (builder, value) => {
        builder.appendDate(value as number)
      }
    case 'timestamp':
      return appendTime(isNanos(element) ? primitives.timestampNanos : primitives.timestamp)
    case 'timestamp_ntz':
      return appendTime(isNanos(element) ? primitives.timestampNtzNanos : primitives.timestampNtz)
    case 'string':
      return (builder, value) => {
        builder.appendString(value as Uint8Array)
      }
    case 'binary':
      if (element.logical_type?.type === 'UUID' && element.type_length === 16)
        return (builder, value) => {
          builder.appendUuid(value as Uint8Array)
        }
      if (element.type !== 'BYTE_ARRAY' || element.logical_type !== undefined) return undefined
      return (builder, value) => {
        builder.appendBinary(value as Uint8Array)
      }
    case 'void':
      return undefined
  }
}

function appendTime(primitive: number): AppendScalar {
  return (builder, value) => {
    builder.appendTime(primitive, value as bigint)
  }
}

function isNanos({ logical_type: logical }: SchemaElement): boolean {
  return logical?.type === 'TIMESTAMP' && logical.unit === 'NANOS'
}

/** A TIME of variants: microseconds, not adjusted to UTC. */
function isTime({ logical_type: logical }: SchemaElement): boolean {
  return logical?.type === 'TIME' && logical.unit === 'MICROS' && !logical.isAdjustedToUTC
}

function isSigned({ logical_type: logical, converted_type: converted }: SchemaElement): boolean {
  if (logical !== undefined) return logical.type === 'INTEGER' && logical.isSigned
  return converted === undefined || converted.startsWith('INT_')
}

function unknown(leaf: LeafNode): ParquetError {
  const { type, logical_type: logical, converted_type: converted } = leaf.element
  const annotations = [type, logical?.type ?? converted].filter(word => word !== undefined).join(' ')
  return unsupported(leaf, `of the type ${typeName(leaf.type)} (${annotations}), which variants are not shredded to`)
}

/** The error for a column that is not as variants are shredded; `what` completes the sentence. */
export function unsupported(node: SchemaNode, what: string): ParquetError {
  const column = node.leaves[0]?.path.join('.') ?? node.name
  return new ParquetError(
    'PARQUET_UNSUPPORTED',
    `Column ${column} belongs to a variant with a part ${node.name} ${what}.`,
    { data: { column } },
  )
}
