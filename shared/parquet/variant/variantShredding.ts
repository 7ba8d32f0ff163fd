import type { Row, Value } from '../../types/index.js'
import type { Projection } from '../assembly/index.js'
import { ParquetError } from '../base/index.js'
import type { ValueDecoder } from '../encoding/index.js'
import type { LeafNode, LegacyCalendars, SchemaNode, StructNode } from '../schema/index.js'
import { VariantBuilder } from './variantBuilder.js'
import { corrupt, variantNull } from './variantBytes.js'
import { type ShreddedPart, VariantColumns } from './variantColumns.js'
import { VariantNames } from './variantMetadata.js'

/** How a variant's columns are read: as `raw`, each value of which `restore` turns into a variant. */
export interface VariantProjection {
  readonly raw: Projection
  readonly restore: (raw: Value) => Value
}

/**
 * Reads the group `node` as variants. They may be kept in parts (Parquet's VariantShredding.md): what has the type of a
 * `typed_value` is there, all else in `value`, at any depth. They are reconstructed by the algorithm there; what it
 * calls invalid is an error that names the column, except what can be read in one way only. The columns to be read are
 * added to `decoders`.
 *
 * @throws ParquetError PARQUET_UNSUPPORTED for parts that the format does not have; from `restore`, PARQUET_CORRUPT
 */
export function projectVariant(
  node: StructNode,
  repetition: number,
  calendars: LegacyCalendars,
  decoders: Map<LeafNode, ValueDecoder>,
): VariantProjection {
  const { part, projection: raw } = new VariantColumns(calendars, decoders).variant(node, repetition)
  const restore = part.typed === undefined ? wholeVariant : restorer(part)
  const column = columnOf(node)
  return {
    raw,
    restore(value) {
      try {
        return value === null ? null : restore(value as Row)
      } catch (error) {
        throw error instanceof ParquetError ? inColumn(column, error) : error
      }
    },
  }
}

/** A variant in one piece. One that is required and missing is null, as the format has it. */
function wholeVariant(variant: Row): Row {
  const { metadata, value } = variant
  if (!isThere(metadata)) throw corrupt('it has no metadata')
  return isThere(value) ? variant : { metadata, value: variantNull }
}

function restorer(part: ShreddedPart): (raw: Row) => Row {
  const builder = new VariantBuilder()
  // Rows of a page share the bytes of a dictionary, and with them the names.
  let known: Value | undefined
  let names: VariantNames | undefined
  return raw => {
    const { metadata } = raw
    if (!isThere(metadata)) throw corrupt('it has no metadata')
    if (names === undefined || metadata !== known) [known, names] = [metadata, new VariantNames(metadata as Uint8Array)]
    builder.clear()
    append(builder, part, raw, names)
    return builder.take()
  }
}

function append(
  builder: VariantBuilder,
  { typed }: ShreddedPart,
  { value, typed_value: own }: Row,
  names: VariantNames,
): void {
  const rest = isThere(value) ? (value as Uint8Array) : undefined
  if (typed === undefined || !isThere(own)) {
    builder.appendVariant(names, rest ?? variantNull)
    return
  }
  if (rest !== undefined && typed.kind !== 'object')
    throw corrupt('it has both a value and a typed_value, and is no object')
  if (typed.kind === 'scalar') {
    typed.append(builder, own)
    return
  }
  const container = builder.open()
  if (typed.kind === 'array') {
    for (const element of own as readonly (Row | null)[]) {
      if (element === null) throw corrupt('an element of a shredded array is null, which only the parts of it may be')
      builder.part(container)
      append(builder, typed.element, element, names)
    }
    builder.closeArray(container)
    return
  }
  for (const { name, key, place, part } of typed.fields) {
    const field = (own as Row)[place]
    if (!isThere(field)) throw corrupt(`its shredded field ${name} is null, which only the parts of it may be`)
    const parts = field as Row
    if (!isThere(parts['value']) && !isThere(parts['typed_value'])) continue
    builder.part(container, key)
    append(builder, part, parts, names)
  }
  if (rest !== undefined) {
    builder.appendFields(container, names, rest, key => {
      const twice = typed.keys.has(key) ? typed.fields.find(field => field.key === key) : undefined
      if (twice !== undefined) throw corrupt(`its value repeats the shredded field ${twice.name}`)
    })
  }
  builder.closeObject(container)
}

/** A part that the file has no column for is as one that is null. */
function isThere(value: Value | undefined): value is Exclude<Value, null> {
  return value !== null && value !== undefined
}

function columnOf({ leaves, name }: SchemaNode): string {
  const path = leaves[0]?.path ?? [name]
  return path.slice(0, path.indexOf(name) + 1).join('.')
}

function inColumn(column: string, { code, message, data }: ParquetError): ParquetError {
  return new ParquetError(code, `Column ${column}: ${message}`, { data: { ...data, column } })
}
