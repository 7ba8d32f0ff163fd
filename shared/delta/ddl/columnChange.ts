import { columnKey, parseColumnPath, type StructField } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { featuresOf, isOn } from '../protocol/index.js'
import { checkNewColumnNames, isMapped, mayWiden, typeText } from '../schema/index.js'
import type { TableDraft } from '../table/index.js'
import { isWithin, refused, requireUnused, withStatsColumns } from './columnUse.js'
import { editField, editStruct, editType, exactPath, fieldAt, placed, structAt } from './schemaEdit.js'
import type { NewColumn, TableChange } from './tableChange.js'

/** Changes of columns, made to a draft. */

/**
 * Adds nullable columns one after the other; existing rows are null there.
 * @throws DeltaError DELTA_NO_COLUMN for a parent or a neighbour that is missing, DELTA_BAD_SCHEMA for a name that is
 * taken or not allowed, DELTA_INCOMPATIBLE_SCHEMA for a column that is not nullable
 */
export function addColumns(draft: TableDraft, columns: readonly NewColumn[]): TableDraft {
  return columns.reduce((before, { parent = [], field, position }) => {
    const path = parent.length === 0 ? [] : exactPath(before.schema, parseColumnPath(parent))
    structAt(before.schema, path)
    if (!isMapped(before.configuration)) checkNewColumnNames({ type: 'struct', fields: [field] })
    if (!field.nullable)
      throw refused(
        `column ${columnKey([...path, field.name])} cannot be added as not nullable: it is null in the rows that are there`,
        [...path, field.name],
      )
    return { ...before, schema: editStruct(before.schema, path, fields => placed(fields, field, position, path)) }
  }, draft)
}

/**
 * Removes a column from the schema; the data files keep its values.
 *
 * @throws DeltaError DELTA_NO_COLUMN; DELTA_INCOMPATIBLE_SCHEMA without column mapping, for a column that partitions or
 * clusters the table, that an expression of the table uses, or that is the only one with data in its struct
 */
export function dropColumn(draft: TableDraft, { column }: Extract<TableChange, { kind: 'dropColumn' }>): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(column))
  requireMapping(draft, path, 'dropped')
  requireUnused(draft, path, 'dropped')
  if (path.length === 1 && draft.partitionColumns.includes(path[0] ?? ''))
    throw refused(`column ${columnKey(path)} cannot be dropped: the table is partitioned by it`, path)
  const clustered = draft.clustering?.find(used => isWithin(used, path))
  if (clustered !== undefined)
    throw refused(
      `column ${columnKey(path)} cannot be dropped: the table is clustered by ${columnKey(clustered)}; choose other columns first`,
      path,
    )
  const schema = editStruct(draft.schema, path.slice(0, -1), fields => {
    const left = fields.filter(({ name }) => name !== path.at(-1))
    if (left.length === fields.length)
      throw refused(`${columnKey(path)} is no column of a struct and cannot be dropped`, path)
    const dataLeft = path.length > 1 ? left : left.filter(({ name }) => !draft.partitionColumns.includes(name))
    if (dataLeft.length === 0)
      throw refused(`column ${columnKey(path)} cannot be dropped: it is the only one there`, path)
    return left
  })
  return {
    ...draft,
    schema,
    configuration: withStatsColumns(draft, named => (isWithin(named, path) ? undefined : named)),
  }
}

/**
 * Gives a column another name, in partitioning, clustering and the list of statistics as well; its physical name stays.
 * @throws DeltaError DELTA_NO_COLUMN; DELTA_INCOMPATIBLE_SCHEMA without column mapping, for a name that is taken, or
 * for a column that an expression of the table uses
 */
export function renameColumn(
  draft: TableDraft,
  { column, name }: Extract<TableChange, { kind: 'renameColumn' }>,
): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(column))
  const old = fieldAt(draft.schema, path)
  if (old.name === name) return draft
  requireMapping(draft, path, 'renamed')
  requireUnused(draft, path, 'renamed')
  const parent = path.slice(0, -1)
  const taken = structAt(draft.schema, parent).fields.find(
    field => field !== old && field.name.toLowerCase() === name.toLowerCase(),
  )
  if (taken !== undefined)
    throw refused(
      `column ${columnKey(path)} cannot be called ${name}: there is a column ${columnKey([...parent, taken.name])} already`,
      path,
    )
  const renamed = (names: readonly string[]) =>
    isWithin(names, path) ? [...parent, name, ...names.slice(path.length)] : names
  return {
    ...draft,
    schema: editField(draft.schema, path, field => ({ ...field, name })),
    partitionColumns: draft.partitionColumns.map(partition => renamed([partition])[0] ?? partition),
    clustering: draft.clustering?.map(renamed),
    configuration: withStatsColumns(draft, renamed),
  }
}

/**
 * Moves a column within its struct; the data files stay as they are.
 * @throws DeltaError DELTA_NO_COLUMN when it, or the one it is to follow, is not there
 */
export function moveColumn(
  draft: TableDraft,
  { column, position }: Extract<TableChange, { kind: 'moveColumn' }>,
): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(column))
  const field = fieldAt(draft.schema, path)
  const parent = path.slice(0, -1)
  if (position !== 'first' && position.after.toLowerCase() === field.name.toLowerCase()) return draft
  return {
    ...draft,
    schema: editStruct(draft.schema, parent, fields =>
      placed(
        fields.filter(other => other !== field),
        field,
        position,
        parent,
      ),
    ),
  }
}

/**
 * Gives a column, or what an array or a map holds, a wider type and records the change in the field (PROTOCOL.md, "Type
 * Widening"); files keep the narrower one.
 * @throws DeltaError DELTA_NO_COLUMN; DELTA_INCOMPATIBLE_SCHEMA when the new type cannot hold every value, the table
 * does not widen types, or an expression of the table uses the column
 */
export function widenType(
  draft: TableDraft,
  { column, type }: Extract<TableChange, { kind: 'widenType' }>,
): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(column))
  const key = columnKey(path)
  const { protocol, version } = draft.state
  // The preview of the feature also records the version of the change.
  const tableVersion = featuresOf(protocol).has('typeWidening-preview') ? version + 1 : undefined
  const schema = editType(
    draft.schema,
    path,
    before => {
      if (typeText(before) === typeText(type)) return before
      if (!mayWiden(before, type))
        throw refused(
          `column ${key} cannot become ${typeText(type)}: it is ${typeText(before)}, and not every value of that is one of the other`,
          path,
        )
      if (!isOn(draft.configuration, 'delta.enableTypeWidening'))
        throw refused(
          `column ${key} cannot become ${typeText(type)}: the table does not widen types; set delta.enableTypeWidening to true first`,
          path,
        )
      requireUnused(draft, path, 'widened')
      return type
    },
    { remember: true, tableVersion },
  )
  return { ...draft, schema: asStruct(schema) }
}

/**
 * Allows nulls in a column, or forbids them: then the draft requests a check of the existing rows.
 *
 * @throws DeltaError DELTA_NO_COLUMN; DELTA_INCOMPATIBLE_SCHEMA when nulls are forbidden inside a struct that may be
 * null
 */
export function setNullability(
  draft: TableDraft,
  change: Extract<TableChange, { kind: 'setNotNull' | 'dropNotNull' }>,
): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(change.column))
  const nullable = change.kind === 'dropNotNull'
  if (fieldAt(draft.schema, path).nullable === nullable) return draft
  for (let depth = 1; depth < path.length && !nullable; depth++) {
    const parent = path.slice(0, depth)
    if (fieldAt(draft.schema, parent).nullable)
      throw refused(
        `column ${columnKey(path)} cannot be made not nullable: ${columnKey(parent)}, which it is inside of, may be null`,
        path,
      )
  }
  const schema = editField(draft.schema, path, field => ({ ...field, nullable }))
  return { ...draft, schema, checks: nullable ? draft.checks : [...draft.checks, { kind: 'notNull', path }] }
}

/**
 * Sets the comment of a column, or removes it; the rest of the field's metadata stays.
 *
 * @throws DeltaError DELTA_NO_COLUMN
 */
export function setComment(
  draft: TableDraft,
  { column, comment }: Extract<TableChange, { kind: 'setComment' }>,
): TableDraft {
  const path = exactPath(draft.schema, parseColumnPath(column))
  return {
    ...draft,
    schema: editField(draft.schema, path, field => {
      const others = Object.entries(field.metadata ?? {}).filter(([key]) => key !== 'comment')
      return { ...field, metadata: { ...Object.fromEntries(others), ...(comment === undefined ? {} : { comment }) } }
    }),
  }
}

function requireMapping({ configuration }: TableDraft, path: readonly string[], what: string): void {
  if (!isMapped(configuration))
    throw refused(
      `column ${columnKey(path)} cannot be ${what}: its name is that in the data files; set delta.columnMapping.mode to name first`,
      path,
    )
}

function asStruct(type: StructField['type']): TableDraft['schema'] {
  if (typeof type !== 'string' && type.type === 'struct') return type
  throw new DeltaError('DELTA_BAD_SCHEMA', 'the schema of a table must be a struct')
}
