import { avroSchema, type AvroType } from '../avro/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField, SchemaValue } from './schemaFields.js'

/**
 * The fields of a record's schema.
 * @throws UnusableSchema, also for a schema of no record
 */
export function avroFields(schema: unknown, referenced: Iterable<unknown> = []): readonly SchemaField[] {
  const type = avroSchema(schema, referenced)
  if (type.kind !== 'record') throw new UnusableSchema(`it is a schema of ${type.kind}, and not of a record`)
  return fieldsOf(type)
}

function fieldsOf({ fields }: Extract<AvroType, { kind: 'record' }>): readonly SchemaField[] {
  return fields.map(({ name, aliases, type }) => ({ name, aliases, mayBeAbsent: false, ...valueOf(type) }))
}

function valueOf(type: AvroType): SchemaValue {
  const branches = type.kind === 'union' ? type.branches : [type]
  const [branch, ...others] = branches.filter(({ kind }) => kind !== 'null')
  const mayBeNull = branches.some(({ kind }) => kind === 'null')
  if (branch === undefined) return { kind: 'any', mayBeNull }
  const kind = kindOf(branch)
  if (others.length > 0) return { kind: others.every(one => kindOf(one) === kind) ? kind : 'any', mayBeNull }
  if (branch.kind === 'record') return { kind, mayBeNull, fields: () => fieldsOf(branch) }
  if (branch.kind === 'array') return { kind, mayBeNull, each: () => valueOf(branch.items) }
  if (branch.kind === 'map') return { kind, mayBeNull, each: () => valueOf(branch.values) }
  return { kind, mayBeNull }
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
