import { type ColumnData, namedValue, type Value } from '../../types/index.js'
import { BinaryColumn, decodedData, ParquetError, Utf8Column, type WrittenData } from '../base/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'

/** One physical column of a row group, ready to be encoded: what is there, and where. */
export interface LeafValues {
  readonly leaf: LeafNode
  /** The values that are not null. */
  readonly values: WrittenData
  /** How many entries there are, nulls and empty collections included. */
  readonly entries: number
  /** Definition level of each entry; absent when all are at the greatest, or none (then `values` is empty). */
  readonly definitionLevels: Uint8Array | undefined
  /** Repetition level of each entry; absent when nothing repeats. */
  readonly repetitionLevels: Uint8Array | undefined
}

/** The physical columns of a column's values (Dremel's levels). */
export function leafValues(node: SchemaNode, data: WrittenData): LeafValues[] {
  if (node.kind === 'leaf') return [flatValues(node, data)]
  if (data instanceof BinaryColumn) throw misfit(node, 'values in memory', data.value(0))
  return nestedValues(node, decodedData(data))
}

function flatValues(leaf: LeafNode, data: WrittenData): LeafValues {
  const entries = data.length
  const whole = { leaf, values: data, entries, definitionLevels: undefined, repetitionLevels: undefined }
  if (data instanceof Utf8Column || data instanceof BinaryColumn) return encodedValues(whole, data)
  if (!Array.isArray(data)) return whole
  const rows = data as readonly (Value | undefined)[]
  let present = 0
  for (let i = 0; i < entries; i++) if (rows[i] !== null && rows[i] !== undefined) present++
  if (present === entries) return whole
  if (leaf.maxDefinitionLevel === 0) throw missing(leaf)
  if (present === 0) return { ...whole, values: [] }
  const values = new Array<Value>(present)
  const definitions = new Uint8Array(entries)
  let at = 0
  for (let i = 0; i < entries; i++) {
    const value = rows[i]
    if (value === null || value === undefined) continue
    values[at++] = value
    definitions[i] = 1
  }
  return { ...whole, values, definitionLevels: definitions }
}

function encodedValues(whole: LeafValues, strings: Utf8Column | BinaryColumn): LeafValues {
  const values = strings.withoutNulls()
  if (values.length === strings.length) return { ...whole, values }
  if (whole.leaf.maxDefinitionLevel === 0) throw missing(whole.leaf)
  return values.length === 0 ? { ...whole, values } : { ...whole, values, definitionLevels: strings.present }
}

interface LeafTarget {
  readonly leaf: LeafNode
  readonly values: Value[]
  readonly definitionLevels: number[]
  readonly repetitionLevels: number[]
}

function nestedValues(root: SchemaNode, data: ColumnData): LeafValues[] {
  const targets = new Map<LeafNode, LeafTarget>()
  for (const leaf of root.leaves) targets.set(leaf, { leaf, values: [], definitionLevels: [], repetitionLevels: [] })

  function absent(node: SchemaNode, definition: number, repetition: number): void {
    for (const leaf of node.leaves) {
      const target = targets.get(leaf)
      target?.definitionLevels.push(definition)
      target?.repetitionLevels.push(repetition)
    }
  }

  function append(node: SchemaNode, value: Value | undefined, repetition: number): void {
    if (value === null || value === undefined) {
      if (!node.nullable) throw missing(node.leaves[0] as LeafNode)
      absent(node, node.maxDefinitionLevel - 1, repetition)
      return
    }
    switch (node.kind) {
      case 'leaf': {
        const target = targets.get(node) as LeafTarget
        target.values.push(value)
        target.definitionLevels.push(node.maxDefinitionLevel)
        target.repetitionLevels.push(repetition)
        return
      }
      case 'struct': {
        if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) {
          throw misfit(node, 'an object', value)
        }
        const row = value as Readonly<Record<string, Value | undefined>>
        for (const child of node.children) append(child, namedValue(row, child.name), repetition)
        return
      }
      case 'array': {
        if (!Array.isArray(value)) throw misfit(node, 'an array', value)
        if (value.length === 0) absent(node, node.maxDefinitionLevel, repetition)
        let level = repetition
        for (const item of value as readonly Value[]) {
          append(node.item, item, level)
          level = node.maxRepetitionLevel
        }
        return
      }
      case 'map': {
        if (!Array.isArray(value)) throw misfit(node, 'an array of { key, value }', value)
        if (value.length === 0) absent(node, node.maxDefinitionLevel, repetition)
        let level = repetition
        for (const entry of value as readonly { key: Value; value: Value }[]) {
          append(node.key, entry.key, level)
          append(node.value, entry.value, level)
          level = node.maxRepetitionLevel
        }
      }
    }
  }

  for (let i = 0; i < data.length; i++) append(root, data[i], 0)
  return root.leaves.map(leaf => {
    const { values, definitionLevels: definitions, repetitionLevels: repetitions } = targets.get(leaf) as LeafTarget
    return {
      leaf,
      values,
      entries: definitions.length,
      definitionLevels: Uint8Array.from(definitions),
      repetitionLevels: leaf.maxRepetitionLevel === 0 ? undefined : Uint8Array.from(repetitions),
    }
  })
}

function missing(leaf: LeafNode): ParquetError {
  const column = leaf.path.join('.')
  return new ParquetError('PARQUET_BAD_VALUE', `Column ${column} is not nullable but holds a null.`, {
    data: { column },
  })
}

function misfit(node: SchemaNode, wanted: string, value: Value): ParquetError {
  const message = `Column ${node.name} (${node.kind}) wants ${wanted}, not ${typeof value}.`
  return new ParquetError('PARQUET_BAD_VALUE', message, { data: { column: node.name } })
}
