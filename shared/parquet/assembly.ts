import type { LeafData } from './chunkReader.js'
import type { ColumnData, MapEntry, Value } from './dataType.js'
import { ParquetError } from './parquetError.js'
import type { LeafNode } from './schemaNode.js'

/**
 * What to make of a column of a file: its nodes narrowed to what is asked for. A struct's field that the file lacks is
 * `null` here and in every value.
 */
export type Projection =
  | { readonly kind: 'leaf'; readonly leaf: LeafNode }
  | {
      readonly kind: 'struct'
      readonly present: number
      readonly children: readonly { readonly name: string; readonly node: Projection | null }[]
      /** Repetition level that stays within one struct when exceeded. */
      readonly repetition: number
      /** Read for where the struct is null, when the file has none of its fields that are asked for. */
      readonly probe: LeafNode | undefined
      readonly leaves: readonly LeafNode[]
    }
  | {
      readonly kind: 'array'
      readonly present: number
      readonly entry: number
      readonly repetition: number
      readonly item: Projection
      readonly leaves: readonly LeafNode[]
    }
  | {
      readonly kind: 'map'
      readonly present: number
      readonly entry: number
      readonly repetition: number
      readonly key: Projection
      readonly value: Projection
      readonly leaves: readonly LeafNode[]
    }

class Cursor {
  at = 0
  #value = 0

  constructor(readonly data: LeafData) {}

  /** Definition level of the entry to come. */
  definition(): number {
    const { definitions, leaf, entries } = this.data
    if (this.at >= entries) throw new ParquetError('PARQUET_CORRUPT', `Column ${leaf.path.join('.')} ends early.`)
    return definitions === undefined ? leaf.present : (definitions[this.at] as number)
  }

  /** Repetition level of the entry to come; 0 at the end. */
  repetition(): number {
    return this.data.repetitions?.[this.at] ?? 0
  }

  next(): Value {
    const present = this.definition() === this.data.leaf.present
    this.at++
    return present ? (this.data.values[this.#value++] as Value) : null
  }
}

/** A column's values from its physical columns (Dremel's assembly). Pure; no I/O. */
export function assemble(projection: Projection, data: readonly LeafData[], rows: number): ColumnData {
  if (projection.kind === 'leaf') return flat(data[0] as LeafData, rows)
  const cursors = new Map<LeafNode, Cursor>()
  for (const leafData of data) cursors.set(leafData.leaf, new Cursor(leafData))
  const read = reader(projection, (leaf) => cursors.get(leaf) as Cursor)
  const output = new Array<Value>(rows)
  for (let i = 0; i < rows; i++) output[i] = read()
  return output
}

function flat({ leaf, values, definitions, entries }: LeafData, rows: number): ColumnData {
  if (entries !== rows) {
    const column = leaf.path.join('.')
    throw new ParquetError('PARQUET_CORRUPT', `Column ${column} has ${entries} values in a row group of ${rows} rows.`)
  }
  if (definitions === undefined) return values
  const output = new Array<Value>(rows)
  let at = 0
  for (let i = 0; i < rows; i++) output[i] = definitions[i] === leaf.present ? (values[at++] as Value) : null
  return output
}

function reader(projection: Projection, cursorOf: (leaf: LeafNode) => Cursor): () => Value {
  if (projection.kind === 'leaf') {
    const cursor = cursorOf(projection.leaf)
    return () => cursor.next()
  }
  const cursors = projection.leaves.map(cursorOf)
  const lead = cursors[0] as Cursor
  const skip = () => {
    for (const cursor of cursors) cursor.next()
  }
  const { present } = projection
  if (projection.kind === 'struct') {
    const fields = projection.children.map(({ name, node }) => ({ name, read: node && reader(node, cursorOf) }))
    const probe = projection.probe && cursorOf(projection.probe)
    return () => {
      if (lead.definition() < present) {
        skip()
        return null
      }
      const row: Record<string, Value> = {}
      for (const { name, read } of fields) row[name] = read === null ? null : read()
      if (probe !== undefined) {
        do probe.next()
        while (probe.repetition() > projection.repetition)
      }
      return row
    }
  }
  const { entry, repetition } = projection
  const collect = (readItem: () => Value | MapEntry): (() => Value) => {
    return () => {
      const definition = lead.definition()
      if (definition < entry) {
        skip()
        return definition < present ? null : []
      }
      const items: (Value | MapEntry)[] = []
      do items.push(readItem())
      while (lead.repetition() === repetition)
      return items as Value
    }
  }
  if (projection.kind === 'array') return collect(reader(projection.item, cursorOf))
  const readKey = reader(projection.key, cursorOf)
  const readValue = reader(projection.value, cursorOf)
  return collect((): MapEntry => ({ key: readKey(), value: readValue() }))
}

/** The physical columns a projection reads. */
export function leavesOf(projection: Projection): readonly LeafNode[] {
  return projection.kind === 'leaf' ? [projection.leaf] : projection.leaves
}
