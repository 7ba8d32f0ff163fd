import { type ColumnData, type MapEntry, namedValues, type Value } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import type { LeafData } from '../page/index.js'
import type { LeafNode } from '../schema/index.js'

/**
 * How a column of a file is read: its nodes narrowed to the requested type. A struct's field that the file lacks is
 * `null` here and in every value.
 */
export type Projection =
  | { readonly kind: 'leaf'; readonly leaf: LeafNode }
  | {
      readonly kind: 'struct'
      readonly maxDefinitionLevel: number
      readonly children: readonly { readonly name: string; readonly node: Projection | null }[]
      /** Repetition level that stays within one struct when exceeded. */
      readonly maxRepetitionLevel: number
      /** Read for where the struct is null, when the file has none of its fields that are asked for. */
      readonly probe: LeafNode | undefined
      readonly leaves: readonly LeafNode[]
    }
  | {
      readonly kind: 'array'
      readonly maxDefinitionLevel: number
      readonly entry: number
      readonly maxRepetitionLevel: number
      readonly item: Projection
      readonly leaves: readonly LeafNode[]
    }
  | {
      readonly kind: 'map'
      readonly maxDefinitionLevel: number
      readonly entry: number
      readonly maxRepetitionLevel: number
      readonly key: Projection
      readonly value: Projection
      readonly leaves: readonly LeafNode[]
    }
  | {
      /** The values of `raw`, passed through `restore`. */
      readonly kind: 'restored'
      readonly maxDefinitionLevel: number
      readonly raw: Projection
      readonly restore: (raw: Value) => Value
      readonly leaves: readonly LeafNode[]
    }

class Cursor {
  at = 0
  #value = 0

  constructor(readonly data: LeafData) {}

  /** Definition level of the entry to come. */
  definition(): number {
    const { definitionLevels: definitions, leaf, entries } = this.data
    if (this.at >= entries) throw new ParquetError('PARQUET_CORRUPT', `Column ${leaf.path.join('.')} ends early.`)
    return definitions === undefined ? leaf.maxDefinitionLevel : (definitions[this.at] as number)
  }

  /** Repetition level of the entry to come; 0 at the end. */
  repetition(): number {
    return this.data.repetitionLevels?.[this.at] ?? 0
  }

  next(): Value {
    const present = this.definition() === this.data.leaf.maxDefinitionLevel
    this.at++
    return present ? (this.data.values[this.#value++] as Value) : null
  }
}

/** A column's values from its physical columns (Dremel's assembly). */
export function assemble(projection: Projection, data: readonly LeafData[], rows: number): ColumnData {
  if (projection.kind === 'leaf') return flat(data[0] as LeafData, rows)
  const cursors = new Map<LeafNode, Cursor>()
  for (const leafData of data) cursors.set(leafData.leaf, new Cursor(leafData))
  if (data.every(leafData => isNullBelow(leafData, projection.maxDefinitionLevel))) {
    for (const { leaf, entries } of data) {
      if (entries < rows) throw new ParquetError('PARQUET_CORRUPT', `Column ${leaf.path.join('.')} ends early.`)
    }
    return new Array<Value>(rows).fill(null)
  }
  const read = reader(projection, leaf => cursors.get(leaf) as Cursor, true)
  const output = new Array<Value>(rows)
  for (let i = 0; i < rows; i++) output[i] = read()
  return output
}

function flat({ leaf, values, definitionLevels: definitions, entries }: LeafData, rows: number): ColumnData {
  if (entries !== rows) {
    const column = leaf.path.join('.')
    throw new ParquetError('PARQUET_CORRUPT', `Column ${column} has ${entries} values in a row group of ${rows} rows.`)
  }
  if (definitions === undefined) return values
  const output = new Array<Value>(rows)
  let at = 0
  for (let i = 0; i < rows; i++) output[i] = definitions[i] === leaf.maxDefinitionLevel ? (values[at++] as Value) : null
  return output
}

/** Whether a leaf never reaches a definition level: then the value at that level is null in every row. */
function isNullBelow({ values, definitionLevels: definitions, leaf }: LeafData, level: number): boolean {
  if (values.length > 0 || definitions === undefined) return false
  if (level === leaf.maxDefinitionLevel) return true
  for (const definition of definitions) if (definition >= level) return false
  return true
}

const readNull = () => null

/**
 * Reads one value after the other.
 *
 * @param leads whether an enclosing value reads its first leaf to know whether it is present itself; nothing else is
 * read of what is null everywhere
 */
function reader(projection: Projection, cursorOf: (leaf: LeafNode) => Cursor, leads: boolean): () => Value {
  if (projection.kind === 'leaf') {
    const cursor = cursorOf(projection.leaf)
    if (!leads && isNullBelow(cursor.data, cursor.data.leaf.maxDefinitionLevel)) return readNull
    return () => cursor.next()
  }
  if (projection.kind === 'restored') {
    const { restore } = projection
    const read = reader(projection.raw, cursorOf, leads)
    return () => restore(read())
  }
  const cursors = projection.leaves.map(cursorOf)
  if (!leads && cursors.every(({ data }) => isNullBelow(data, projection.maxDefinitionLevel))) return readNull
  const lead = cursors[0] as Cursor
  const skip = () => {
    for (const cursor of cursors) cursor.next()
  }
  const { maxDefinitionLevel: present } = projection
  if (projection.kind === 'struct') {
    const fields = projection.children.map(({ name, node }) => ({
      name,
      read: node && reader(node, cursorOf, leavesOf(node)[0] === projection.leaves[0]),
    }))
    const probe = projection.probe && cursorOf(projection.probe)
    return () => {
      if (lead.definition() < present) {
        skip()
        return null
      }
      const row = namedValues<Value>()
      for (const { name, read } of fields) row[name] = read === null ? null : read()
      if (probe !== undefined) {
        do probe.next()
        while (probe.repetition() > projection.maxRepetitionLevel)
      }
      return row
    }
  }
  const { entry, maxRepetitionLevel: repetition } = projection
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
  if (projection.kind === 'array') return collect(reader(projection.item, cursorOf, true))
  const isLead = (part: Projection) => leavesOf(part)[0] === projection.leaves[0]
  const readKey = reader(projection.key, cursorOf, isLead(projection.key))
  const readValue = reader(projection.value, cursorOf, isLead(projection.value))
  return collect((): MapEntry => ({ key: readKey(), value: readValue() }))
}

/** The physical columns a projection reads. */
export function leavesOf(projection: Projection): readonly LeafNode[] {
  return projection.kind === 'leaf' ? [projection.leaf] : projection.leaves
}
