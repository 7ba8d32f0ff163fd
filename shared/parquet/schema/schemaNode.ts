import type { DataType, DecimalType, PrimitiveType, StructField } from '../../types/index.js'
import type { SchemaElement } from '../hyparquetInternals.js'
import { badSchema, leafType } from './leafType.js'

interface NodeBase {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  readonly fieldId: number | undefined
  /** The definition level from which on the value is there. */
  readonly maxDefinitionLevel: number
  /** The physical columns below, in the file's order; never empty. */
  readonly leaves: readonly LeafNode[]
}

/** A physical column. */
export interface LeafNode extends NodeBase {
  readonly kind: 'leaf'
  readonly type: PrimitiveType | DecimalType
  readonly element: SchemaElement
  /** Place among the file's physical columns. */
  readonly index: number
  readonly path: readonly string[]
  /** Greatest repetition level. */
  readonly maxRepetitionLevel: number
}

/** A group with fields of its own. */
export interface StructNode extends NodeBase {
  readonly kind: 'struct'
  readonly children: readonly SchemaNode[]
}

interface RepeatedNode extends NodeBase {
  /** The definition level from which on there is an entry; below it, down to `maxDefinitionLevel`, the collection is empty. */
  readonly entry: number
  /** The repetition level of a further entry. */
  readonly maxRepetitionLevel: number
}

/** A list, whether the file has it in the form of today or in an older one of two levels. */
export interface ArrayNode extends RepeatedNode {
  readonly kind: 'array'
  readonly item: SchemaNode
}

/** A map, whose entries of key and value repeat. */
export interface MapNode extends RepeatedNode {
  readonly kind: 'map'
  readonly key: SchemaNode
  readonly value: SchemaNode
}

/** A column, or a part of one, with the levels that say where it is null, empty or repeated. */
export type SchemaNode = LeafNode | StructNode | ArrayNode | MapNode

/** A schema element and those below it. */
interface Group {
  readonly element: SchemaElement
  readonly children: readonly Group[]
}

/**
 * A file's schema elements as columns, by the rules for today's lists and maps and for the older two-level ones.
 * @throws ParquetError for a schema that does not hold together
 */
export function schemaNodes(elements: readonly SchemaElement[]): SchemaNode[] {
  return new NodeBuilder().columns(rootOf(elements))
}

/** The elements, which a file has in depth-first order, as the tree they are. */
function rootOf(elements: readonly SchemaElement[]): Group {
  let next = 0
  const group = (depth: number): Group => {
    const element = elements[next++]
    if (element === undefined || depth > 100) throw badSchema('its schema tree is cut off or too deep')
    // The footer's decoder leaves out what damaged bytes lack.
    const name: unknown = element.name
    if (depth > 0 && typeof name !== 'string') throw badSchema('a column of its schema has no name')
    const children: Group[] = []
    for (let i = 0; i < (element.num_children ?? 0); i++) children.push(group(depth + 1))
    return { element, children }
  }
  const root = group(0)
  if (next !== elements.length) throw badSchema('its schema has elements outside the root')
  return root
}

/** Makes columns of a tree, and numbers its leaves. */
class NodeBuilder {
  #leafCount = 0

  columns(root: Group): SchemaNode[] {
    return root.children.map(child => this.#node(child, [], 0, 0))
  }

  #node(g: Group, path: readonly string[], level: number, repetition: number): SchemaNode {
    if (g.element.repetition_type === 'REPEATED') {
      return this.#repeated(g, [...path, g.element.name], level, repetition)
    }
    return this.#single(g, [...path, g.element.name], level, repetition)
  }

  /** A repeated field outside a list: an array that is never null. */
  #repeated(g: Group, path: readonly string[], level: number, repetition: number): ArrayNode {
    const item = this.#required(g, path, level + 1, repetition + 1)
    return {
      kind: 'array',
      name: g.element.name,
      type: { type: 'array', elementType: item.type, containsNull: false },
      nullable: false,
      fieldId: g.element.field_id,
      maxDefinitionLevel: level,
      entry: level + 1,
      maxRepetitionLevel: repetition + 1,
      item,
      leaves: item.leaves,
    }
  }

  #required(g: Group, path: readonly string[], level: number, repetition: number): SchemaNode {
    return this.#single({ ...g, element: { ...g.element, repetition_type: 'REQUIRED' } }, path, level, repetition)
  }

  #single(g: Group, path: readonly string[], parent: number, repetition: number): SchemaNode {
    const { element, children } = g
    const nullable = element.repetition_type === 'OPTIONAL'
    const present = parent + (nullable ? 1 : 0)
    const base = { name: element.name, nullable, fieldId: element.field_id, maxDefinitionLevel: present }
    if (children.length === 0) {
      if (element.type === undefined) throw badSchema(`column ${path.join('.')} has neither a type nor fields`)
      const leaf: Omit<LeafNode, 'leaves'> & { leaves: LeafNode[] } = {
        ...base,
        kind: 'leaf',
        type: leafType(element),
        element,
        index: this.#leafCount++,
        path,
        maxRepetitionLevel: repetition,
        leaves: [],
      }
      leaf.leaves.push(leaf)
      return leaf
    }
    const only = children.length === 1 ? children[0] : undefined
    if (only?.element.repetition_type === 'REPEATED') {
      const inner = [...path, only.element.name]
      if (isMap(element, only)) return this.#map(g, only, inner, present, repetition)
      if (isList(element)) {
        const item = this.#listItem(element, only, inner, present + 1, repetition + 1)
        return {
          ...base,
          kind: 'array',
          type: { type: 'array', elementType: item.type, containsNull: item.nullable },
          entry: present + 1,
          maxRepetitionLevel: repetition + 1,
          item,
          leaves: item.leaves,
        }
      }
    }
    const nodes = children.map(child => this.#node(child, path, present, repetition))
    return {
      ...base,
      kind: 'struct',
      type: { type: 'struct', fields: nodes.map(nodeField) },
      children: nodes,
      leaves: nodes.flatMap(n => n.leaves),
    }
  }

  #map(g: Group, entries: Group, path: readonly string[], present: number, repetition: number): MapNode {
    const [keyGroup, valueGroup] = entries.children
    if (keyGroup === undefined || valueGroup === undefined) throw badSchema(`map ${path.join('.')} lacks key or value`)
    const key = this.#node(keyGroup, path, present + 1, repetition + 1)
    const value = this.#node(valueGroup, path, present + 1, repetition + 1)
    return {
      kind: 'map',
      name: g.element.name,
      type: { type: 'map', keyType: key.type, valueType: value.type, valueContainsNull: value.nullable },
      nullable: g.element.repetition_type === 'OPTIONAL',
      fieldId: g.element.field_id,
      maxDefinitionLevel: present,
      entry: present + 1,
      maxRepetitionLevel: repetition + 1,
      key,
      value,
      leaves: [...key.leaves, ...value.leaves],
    }
  }

  /** The repeated group is either a mere wrapper or, in files of older writers, the item itself. */
  #listItem(list: SchemaElement, inner: Group, path: readonly string[], level: number, repetition: number): SchemaNode {
    const [child] = inner.children
    const isItem =
      child === undefined ||
      inner.children.length > 1 ||
      inner.element.name === 'array' ||
      inner.element.name === `${list.name}_tuple` ||
      child.element.repetition_type === 'REPEATED'
    return isItem ? this.#required(inner, path, level, repetition) : this.#node(child, path, level, repetition)
  }
}

/** The column as a field of a table's schema. */
export function nodeField(node: SchemaNode): StructField {
  const { name, type, nullable, fieldId } = node
  return fieldId === undefined
    ? { name, type, nullable }
    : { name, type, nullable, metadata: { 'delta.columnMapping.id': fieldId } }
}

function isList({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'LIST' || logical?.type === 'LIST'
}

function isMap({ converted_type: converted, logical_type: logical }: SchemaElement, entries: Group): boolean {
  const annotated = converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP'
  return annotated && entries.children.length === 2
}
