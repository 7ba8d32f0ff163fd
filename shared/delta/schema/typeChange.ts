import type { DataType, StructField } from '../../types/index.js'
import { typeText } from './schema.js'
import { isWidening } from './typeWidening.js'

/**
 * How a column's type changes when it is widened, and what the schema remembers of it (PROTOCOL.md, "Type Widening").
 */
const typeChangesKey = 'delta.typeChanges'

/** A type that a value inside a column had, and the one it has now. */
interface TypeChange {
  readonly fromType: string
  readonly toType: string
  /** `element`, `key` and `value`, joined by dots, inside arrays and maps. */
  readonly fieldPath?: string
}

/** Types of one column that are widened when rows of a wider type arrive: those that keep the kind of number. */
export function widensByItself(from: DataType, to: DataType): boolean {
  if (isNested(from) || isNested(to)) return false
  const [before, after] = [typeText(from), typeText(to)]
  if (!isWidening(before, after)) return false
  if (before === 'float' || before === 'date') return true
  return before.startsWith('decimal') === after.startsWith('decimal') && after !== 'double'
}

/** Whether a column of type `from` may be changed to `to`. */
export function mayWiden(from: DataType, to: DataType): boolean {
  return !isNested(from) && !isNested(to) && isWidening(typeText(from), typeText(to))
}

/** `after`, with what changed of the values it holds itself written into its metadata. Structs inside answer for themselves. */
export function withTypeChanges(before: DataType, after: StructField, tableVersion?: number): StructField {
  const changes = changesOf(before, after.type, [])
  if (changes.length === 0) return after
  const old = after.metadata?.[typeChangesKey]
  const dated = tableVersion === undefined ? changes : changes.map(change => ({ tableVersion, ...change }))
  return {
    ...after,
    metadata: {
      ...after.metadata,
      [typeChangesKey]: [...(Array.isArray(old) ? (old as readonly unknown[]) : []), ...dated],
    },
  }
}

function changesOf(before: DataType, after: DataType, path: readonly string[]): readonly TypeChange[] {
  if (isNested(before) && isNested(after)) {
    if (before.type === 'array' && after.type === 'array')
      return changesOf(before.elementType, after.elementType, [...path, 'element'])
    if (before.type === 'map' && after.type === 'map')
      return [
        ...changesOf(before.keyType, after.keyType, [...path, 'key']),
        ...changesOf(before.valueType, after.valueType, [...path, 'value']),
      ]
    return []
  }
  const [fromType, toType] = [typeText(before), typeText(after)]
  if (fromType === toType) return []
  return [{ fromType, toType, ...(path.length === 0 ? {} : { fieldPath: path.join('.') }) }]
}

function isNested(type: DataType): type is Exclude<DataType, string | { type: 'decimal' }> {
  return typeof type !== 'string' && type.type !== 'decimal'
}
