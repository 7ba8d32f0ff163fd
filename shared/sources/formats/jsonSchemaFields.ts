import { asObject } from '../../types/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField } from './schemaFields.js'

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
  const schema = asObject(JSON.parse(text))
  const properties = asObject(schema?.['properties'])
  if (properties === undefined) throw new UnusableSchema('it names no properties')
  const required: unknown = schema?.['required']
  return Object.entries(properties).map(([name, one]) => {
    const type = asObject(one)?.['type']
    const types: readonly unknown[] = Array.isArray(type) ? (type as readonly unknown[]) : [type]
    const others = types.filter(each => each !== 'null')
    return {
      name,
      kind: others.length === 1 ? (kinds.get(others[0]) ?? 'any') : 'any',
      mayBeNull: types.includes('null') || others[0] === undefined,
      mayBeAbsent: !(Array.isArray(required) && required.includes(name)),
    }
  })
}
