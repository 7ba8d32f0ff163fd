import { columnKey, type DataType, fieldNamed, isStruct, type StructField, type StructType } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { typeText, withTypeChanges } from '../schema/index.js'
import type { ColumnPosition } from './tableChange.js'

/** Schemas with one column changed, found by its path whatever the letter case. */

/**
 * The names of a path as the schema spells them.
 *
 * @throws DeltaError DELTA_NO_COLUMN
 */
export function exactPath(schema: StructType, path: readonly string[]): readonly string[] {
  const names: string[] = []
  let type: DataType = schema
  for (const name of path) {
    const [exact, inner] = step(type, name, path)
    names.push(exact)
    type = inner
  }
  if (names.length === 0) throw noColumn(path)
  return names
}

/**
 * The field at a path, which is in structs only.
 *
 * @throws DeltaError DELTA_NO_COLUMN
 */
export function fieldAt(schema: StructType, path: readonly string[]): StructField {
  const parent = structAt(schema, path.slice(0, -1), path)
  return fieldIn(parent.fields, path.at(-1) ?? '', path)
}

/**
 * The struct at a path.
 *
 * @throws DeltaError DELTA_NO_COLUMN, and DELTA_BAD_SCHEMA when there is none
 */
export function structAt(schema: StructType, path: readonly string[], whole: readonly string[] = path): StructType {
  let type: DataType = schema
  for (const name of path) [, type] = step(type, name, whole)
  if (isStruct(type)) return type
  throw new DeltaError('DELTA_BAD_SCHEMA', `${columnKey(path)} is ${typeText(type)}, which has no columns inside`, {
    data: { field: columnKey(path) },
  })
}

/** With other fields in the struct at `path`. */
export function editStruct(
  schema: StructType,
  path: readonly string[],
  edit: (fields: readonly StructField[]) => readonly StructField[],
): StructType {
  const edited = editType(schema, path, type => {
    if (!isStruct(type))
      throw new DeltaError('DELTA_BAD_SCHEMA', `${columnKey(path)} is ${typeText(type)}, which has no columns inside`, {
        data: { field: columnKey(path) },
      })
    return { ...type, fields: edit(type.fields) }
  })
  return edited as StructType
}

/** With another field at `path`. */
export function editField(
  schema: StructType,
  path: readonly string[],
  edit: (field: StructField) => StructField,
): StructType {
  const name = path.at(-1) ?? ''
  return editStruct(schema, path.slice(0, -1), fields => {
    const old = fieldIn(fields, name, path)
    return fields.map(field => (field === old ? edit(field) : field))
  })
}

/** With another type at `path`; every field on the way remembers what changed of its own values. */
export function editType(
  type: DataType,
  path: readonly string[],
  edit: (type: DataType) => DataType,
  options: {
    readonly remember?: boolean
    readonly tableVersion?: number | undefined
    readonly whole?: readonly string[]
  } = {},
): DataType {
  const [name, ...rest] = path
  if (name === undefined) return edit(type)
  const whole = options.whole ?? path
  const inside = (inner: DataType) => editType(inner, rest, edit, { ...options, whole })
  const [exact] = step(type, name, whole)
  if (typeof type === 'string') throw noColumn(whole)
  switch (type.type) {
    case 'struct':
      return {
        ...type,
        fields: type.fields.map(field => {
          if (field.name !== exact) return field
          const edited = { ...field, type: inside(field.type) }
          return options.remember === true ? withTypeChanges(field.type, edited, options.tableVersion) : edited
        }),
      }
    case 'array':
      return { ...type, elementType: inside(type.elementType) }
    case 'map':
      return exact === 'key'
        ? { ...type, keyType: inside(type.keyType) }
        : { ...type, valueType: inside(type.valueType) }
    case 'decimal':
      throw noColumn(whole)
  }
}

/**
 * With a field at a position; last when there is none.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA when the name is taken
 */
export function placed(
  fields: readonly StructField[],
  field: StructField,
  position: ColumnPosition | undefined,
  path: readonly string[],
): readonly StructField[] {
  const taken = fields.find(({ name }) => name.toLowerCase() === field.name.toLowerCase())
  if (taken !== undefined)
    throw new DeltaError('DELTA_BAD_SCHEMA', `there is a column ${columnKey([...path, taken.name])} already`, {
      data: { field: columnKey([...path, field.name]) },
    })
  if (position === undefined) return [...fields, field]
  if (position === 'first') return [field, ...fields]
  const after = fields.indexOf(fieldIn(fields, position.after, [...path, position.after]))
  return [...fields.slice(0, after + 1), field, ...fields.slice(after + 1)]
}

function step(type: DataType, name: string, whole: readonly string[]): readonly [name: string, type: DataType] {
  const lower = name.toLowerCase()
  if (isStruct(type)) {
    const field = fieldIn(type.fields, name, whole)
    return [field.name, field.type]
  }
  if (typeof type !== 'string') {
    if (type.type === 'array' && lower === 'element') return ['element', type.elementType]
    if (type.type === 'map' && lower === 'key') return ['key', type.keyType]
    if (type.type === 'map' && lower === 'value') return ['value', type.valueType]
  }
  throw noColumn(whole)
}

function fieldIn(fields: readonly StructField[], name: string, whole: readonly string[]): StructField {
  const field = fieldNamed(fields, name)
  if (field === undefined) throw noColumn(whole, fields)
  return field
}

function noColumn(path: readonly string[], fields: readonly StructField[] = []): DeltaError {
  const known = fields.length === 0 ? '' : `; there: ${fields.map(({ name }) => name).join(', ')}`
  return new DeltaError('DELTA_NO_COLUMN', `there is no column ${columnKey(path)}${known}`, {
    data: { column: columnKey(path) },
  })
}
