import { columnKey, containsType, type DataType, type StructType } from '../../types/index.js'
import { allFields, mappingMode } from '../schema/index.js'
import { constraintPrefix, isOn } from './tableProperties.js'

/** A table feature: what a table may demand, and what this reader and writer do about it. */
export interface Feature {
  readonly name: string
  readonly kind: 'writer' | 'readerWriter'
  /** The versions that imply it, without lists. */
  readonly legacy?: { readonly reader?: number; readonly writer: number }
  readonly requires?: readonly string[]
  /** What makes a table need it; nothing but being asked for where this is absent. */
  readonly neededBy?: FeatureUse
  /** Its preview, which serves as well: a table that has that does not need this one. */
  readonly servedBy?: string
  /** What makes a table that lists or implies it use it; being listed where this is absent. */
  readonly activeBy?: FeatureUse
  /** The writes that it concerns: such as rewrite rows, or such as take or change rows. Every write where absent. */
  readonly concerns?: 'newRows' | 'changedRows'
  readonly read: Exclude<Support, 'kept'>
  readonly write: Support
  /** Whether its requirements of writers can be met only by evaluating SQL. */
  readonly needsExpressions?: true
}

/**
 * `inactive`: only as long as nothing in the table uses it. `kept`: besides, by a transaction that declares that it
 * meets the feature's requirements of writers (see `Transaction.keeps`).
 */
export type Support = 'yes' | 'kept' | 'inactive' | 'no'

/** What a write does to rows: adds some, only moves them between files, or takes or changes some. */
export type WriteKind = 'append' | 'rearrange' | 'change'

/** What of a table decides whether it uses a feature. Readers need no schema for it. */
export interface TableDefinition {
  readonly configuration: Readonly<Record<string, string>>
  readonly schema?: StructType | undefined
}

/** What in a table uses a feature, in words for a message; undefined when nothing does. */
export type FeatureUse = (table: TableDefinition) => string | undefined

/** What in a table uses the feature where `write` has to heed it. */
export function activeUse(feature: Feature, table: TableDefinition, write: WriteKind): string | undefined {
  if (feature.concerns === 'newRows' && write === 'rearrange') return undefined
  if (feature.concerns === 'changedRows' && write !== 'change') return undefined
  return (feature.activeBy ?? listed)(table)
}

const listed: FeatureUse = () => 'it is listed'

/** By being listed, as long as the property is not true. */
export const listedUnless =
  (property: string): FeatureUse =>
  ({ configuration }) =>
    isOn(configuration, property) ? undefined : 'it is listed'

/** By properties that are true; one of them is enough. */
export const property =
  (...names: readonly string[]): FeatureUse =>
  ({ configuration }) => {
    const name = names.find(one => isOn(configuration, one))
    return name === undefined ? undefined : `${name} is true`
  }

/** By a property with exactly this value. */
export const propertyValue =
  (name: string, value: string): FeatureUse =>
  ({ configuration }) =>
    configuration[name] === value ? `${name} is ${value}` : undefined

/** By a key in the metadata of a field, at any depth. */
export const fieldKey =
  (prefix: string): FeatureUse =>
  ({ schema }) => {
    for (const { path, field } of schema === undefined ? [] : allFields(schema))
      if (Object.keys(field.metadata ?? {}).some(key => key.startsWith(prefix)))
        return `column ${columnKey(path)} has ${prefix}`
    return undefined
  }

/** By the type of a column, or a type inside it. */
export const columnType =
  (name: string, wanted: (type: DataType) => boolean): FeatureUse =>
  ({ schema }) =>
    schema !== undefined && containsType(schema, wanted) ? `a column is of type ${name}` : undefined

/** By a mode of column mapping other than `none`. */
export const mapping: FeatureUse = ({ configuration }) => {
  const mode = mappingMode(configuration)
  return mode === 'none' ? undefined : `delta.columnMapping.mode is ${mode}`
}

/** By a CHECK constraint, however its property is spelled: as in the log, or as given. */
export const constraint =
  (spelling: 'asStored' | 'anyCase'): FeatureUse =>
  ({ configuration }) =>
    Object.keys(configuration).find(key =>
      (spelling === 'asStored' ? key : key.toLowerCase()).startsWith(constraintPrefix),
    )
