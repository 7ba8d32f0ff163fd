import { avroSchema, type AvroType } from '../avro/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField } from './schemaFields.js'

/**
 * The fields of a record's schema.
 * @throws UnusableSchema, also for a schema of no record
 */
export function avroFields(schema: unknown, referenced: Iterable<unknown> = []): readonly SchemaField[] {
  const type = avroSchema(schema, referenced)
  if (type.kind !== 'record') throw new UnusableSchema(`it is a schema of ${type.kind}, and not of a record`)
  return type.fields.map(field => {
    const branches = field.type.kind === 'union' ? field.type.branches : [field.type]
    const kinds = new Set(branches.filter(({ kind }) => kind !== 'null').map(kindOf))
    const [kind = 'any'] = kinds
    return {
      name: field.name,
      kind: kinds.size === 1 ? kind : 'any',
      mayBeNull: branches.some(({ kind: one }) => one === 'null'),
      mayBeAbsent: false,
    }
  })
}

function kindOf(type: AvroType): FieldKind {
  if ('logical' in type && type.logical !== undefined) {
    const { logical } = type
    if (logical.kind === 'uuid') return 'text'
    return logical.kind !== 'timestamp' ? logical.kind : logical.isLocal ? 'time without a zone' : 'timestamp'
  }
  switch (type.kind) {
    case 'string':
    case 'enum':
      return 'text'
    case 'int':
    case 'long':
      return 'whole number'
    case 'float':
    case 'double':
      return 'number'
    case 'bytes':
    case 'fixed':
      return 'bytes'
    case 'record':
      return 'object'
    case 'boolean':
    case 'array':
    case 'map':
      return type.kind
    default:
      return 'any'
  }
}
