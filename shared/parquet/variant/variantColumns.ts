import type { Projection } from '../assembly/index.js'
import { type ValueDecoder, valueDecoder } from '../encoding/index.js'
import type { LeafNode, LegacyCalendars, SchemaNode, StructNode } from '../schema/index.js'
import { variantKey } from './variantMetadata.js'
import { type AppendScalar, shreddedScalar, unsupported } from './variantScalars.js'

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
        const { decode, append } = shreddedScalar(node, this.#calendars)
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

function leavesOf(projection: Projection): readonly LeafNode[] {
  return projection.kind === 'leaf' ? [projection.leaf] : projection.leaves
}
