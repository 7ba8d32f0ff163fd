import type { Value } from '../../types/index.js'
import type { Projection } from '../assembly/index.js'
import { ParquetError } from '../base/index.js'
import { type DecodedValues, typeName, type ValueDecoder, valueDecoder } from '../encoding/index.js'
import type { SchemaElement } from '../hyparquetInternals.js'
import {
  calendarOf,
  isUnsigned,
  type LeafNode,
  type LegacyCalendars,
  type SchemaNode,
  type StructNode,
} from '../schema/index.js'
import type { VariantBuilder } from './variantBuilder.js'
import { primitives, variantKey } from './variantBytes.js'

/** A value of a variant, or a place for one: what its `typed_value` holds, when the file has one. */
export interface ShreddedPart {
  readonly typed: TypedPart | undefined
}

/**
 * What `typed_value` holds: values of one type, the elements of arrays, or those fields of objects that have columns of
 * their own.
 */
export type TypedPart =
  | { readonly kind: 'scalar'; readonly append: AppendScalar }
  | { readonly kind: 'array'; readonly element: ShreddedPart }
  | { readonly kind: 'object'; readonly fields: readonly ShreddedField[]; readonly keys: ReadonlySet<string> }

/** Appends a shredded value, which is not null, as a variant of its column's type. */
export type AppendScalar = (builder: VariantBuilder, value: Value) => void

/** A field of an object with columns of its own; `key` is the {@link variantKey} of its name. */
export interface ShreddedField {
  readonly name: string
  readonly key: string
  /** What its values are called in the rows that are read: names of fields are not safe as names of properties. */
  readonly place: string
  readonly part: ShreddedPart
}

interface Child {
  readonly name: string
  readonly node: Projection
}

interface Read<Part> {
  readonly part: Part
  readonly projection: Projection
}

/**
 * The columns of a variant (Parquet's VariantShredding.md), found by name. Those to be read are added to `decoders`.
 *
 * @throws ParquetError PARQUET_UNSUPPORTED for what the format does not have
 */
export class VariantColumns {
  readonly #calendars: LegacyCalendars
  readonly #decoders: Map<LeafNode, ValueDecoder>

  constructor(calendars: LegacyCalendars, decoders: Map<LeafNode, ValueDecoder>) {
    this.#calendars = calendars
    this.#decoders = decoders
  }

  /** The whole; its rows have `metadata`, and `value` and `typed_value` as far as the file has them. */
  variant(node: StructNode, repetition: number): Read<ShreddedPart> {
    const metadata = node.children.find(({ name }) => name === 'metadata')
    if (metadata === undefined) throw unsupported(node, 'without metadata')
    return this.#part(node, repetition, [{ name: 'metadata', node: this.#bytes(metadata) }])
  }

  #part(node: SchemaNode, repetition: number, first: readonly Child[] = []): Read<ShreddedPart> {
    if (node.kind !== 'struct') throw unsupported(node, 'where a group of value and typed_value must be')
    const names = node.children.map(({ name }) => name)
    const known = [...first.map(({ name }) => name), 'value', 'typed_value']
    if (names.length === first.length || names.some((name, i) => !known.includes(name) || names.indexOf(name) !== i))
      throw unsupported(node, `with the parts ${names.join(', ')}; only ${known.join(', ')} are known`)
    const child = (wanted: string) => node.children.find(({ name }) => name === wanted)
    const [value, typedValue] = [child('value'), child('typed_value')]
    const typed = typedValue && this.#typed(typedValue, repetition)
    const children: Child[] = [...first]
    if (value !== undefined) children.push({ name: 'value', node: this.#bytes(value) })
    if (typed !== undefined) children.push({ name: 'typed_value', node: typed.projection })
    return { part: { typed: typed?.part }, projection: struct(node, repetition, children) }
  }

  #typed(node: SchemaNode, repetition: number): Read<TypedPart> {
    switch (node.kind) {
      case 'leaf': {
        const { decode, append } = scalar(node, this.#calendars)
        this.#decoders.set(node, decode)
        return { part: { kind: 'scalar', append }, projection: { kind: 'leaf', leaf: node } }
      }
      case 'array': {
        const { part: element, projection: item } = this.#part(node.item, node.maxRepetitionLevel)
        const { maxDefinitionLevel: present, entry, maxRepetitionLevel: repeated } = node
        return {
          part: { kind: 'array', element },
          projection: {
            kind: 'array',
            maxDefinitionLevel: present,
            entry,
            maxRepetitionLevel: repeated,
            item,
            leaves: leavesOf(item),
          },
        }
      }
      case 'struct': {
        const fields: ShreddedField[] = []
        const children: Child[] = []
        for (const [i, child] of node.children.entries()) {
          const { part, projection } = this.#part(child, repetition)
          fields.push({ name: child.name, key: variantKey(child.name), place: `${i}`, part })
          children.push({ name: `${i}`, node: projection })
        }
        const keys = new Set(fields.map(({ key }) => key))
        if (keys.size < fields.length) throw unsupported(node, 'with two fields of one name')
        return { part: { kind: 'object', fields, keys }, projection: struct(node, repetition, children) }
      }
      case 'map':
        throw unsupported(node, 'which variants do not have')
    }
  }

  #bytes(node: SchemaNode): Projection {
    if (node.kind !== 'leaf' || node.element.type !== 'BYTE_ARRAY') throw unsupported(node, 'where binary must be')
    this.#decoders.set(node, valueDecoder(node, 'binary'))
    return { kind: 'leaf', leaf: node }
  }
}

function struct(node: StructNode, repetition: number, children: readonly Child[]): Projection {
  const leaves = children.flatMap(({ node: child }) => leavesOf(child))
  return {
    kind: 'struct',
    maxDefinitionLevel: node.maxDefinitionLevel,
    children,
    maxRepetitionLevel: repetition,
    probe: undefined,
    leaves,
  }
}

interface Scalar {
  readonly decode: ValueDecoder
  readonly append: AppendScalar
}

/** The types that variants have, each with its Parquet type. */
function scalar(leaf: LeafNode, calendars: LegacyCalendars): Scalar {
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

function leavesOf(projection: Projection): readonly LeafNode[] {
  return projection.kind === 'leaf' ? [projection.leaf] : projection.leaves
}

function unknown(leaf: LeafNode): ParquetError {
  const { type, logical_type: logical, converted_type: converted } = leaf.element
  const annotations = [type, logical?.type ?? converted].filter(word => word !== undefined).join(' ')
  return unsupported(leaf, `of the type ${typeName(leaf.type)} (${annotations}), which variants are not shredded to`)
}

function unsupported(node: SchemaNode, what: string): ParquetError {
  const column = node.leaves[0]?.path.join('.') ?? node.name
  return new ParquetError(
    'PARQUET_UNSUPPORTED',
    `Column ${column} belongs to a variant with a part ${node.name} ${what}.`,
    { data: { column } },
  )
}
