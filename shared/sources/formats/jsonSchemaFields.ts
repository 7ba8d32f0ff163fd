import { asObject } from '../../types/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField, SchemaValue } from './schemaFields.js'

const kinds: ReadonlyMap<unknown, FieldKind> = new Map([
  ['string', 'text'],
  ['boolean', 'boolean'],
  ['integer', 'whole number'],
  ['number', 'number'],
  ['object', 'object'],
  ['array', 'array'],
])

/**
 * The properties of an object's JSON Schema, as far as it names them plainly: what is behind a reference or one of several
 * is `any`.
 * @throws UnusableSchema
 */
export function jsonSchemaFields(text: string): readonly SchemaField[] {
  const fields = fieldsOf(asObject(JSON.parse(text)))
  if (fields === undefined) throw new UnusableSchema('it names no properties')
  return fields
}

function fieldsOf(schema: Readonly<Record<string, unknown>> | undefined): readonly SchemaField[] | undefined {
  const properties = asObject(schema?.['properties'])
  if (properties === undefined) return undefined
  const required: unknown = schema?.['required']
  return Object.entries(properties).map(([name, one]) => ({
    name,
    mayBeAbsent: !(Array.isArray(required) && required.includes(name)),
    ...valueOf(one),
  }))
}

function valueOf(schema: unknown): SchemaValue {
  const object = asObject(schema)
  const type = object?.['type']
  const types: readonly unknown[] = Array.isArray(type) ? (type as readonly unknown[]) : [type]
  const others = types.filter(each => each !== 'null')
  const kind = others.length === 1 ? (kinds.get(others[0]) ?? 'any') : 'any'
  const mayBeNull = types.includes('null') || others[0] === undefined
  const fields = kind === 'object' ? fieldsOf(object) : undefined
  if (fields !== undefined) return { kind, mayBeNull, fields: () => fields }
  const each = asObject(object?.[kind === 'array' ? 'items' : 'additionalProperties'])
  return each === undefined || (kind !== 'array' && kind !== 'object')
    ? { kind, mayBeNull }
    : { kind: kind === 'object' ? 'map' : kind, mayBeNull, each: () => valueOf(each) }
}
