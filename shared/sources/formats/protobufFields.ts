import { type MessageField, messageFields, protobufSchema } from '../protobuf/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField } from './schemaFields.js'

/**
 * The fields of a file's first message, which is the one that clients write unless they are told otherwise.
 * @throws UnusableSchema
 */
export function protobufFields(text: string, imported: Iterable<string> = []): readonly SchemaField[] {
  const type = protobufSchema(text, imported).message([0])
  if (type === undefined) throw new UnusableSchema('it has no message')
  return messageFields(type).map(field => ({
    name: field.name,
    kind: kindOf(field),
    mayBeNull: false,
    mayBeAbsent: field.mayBeAbsent,
  }))
}

const messages: Readonly<Record<string, FieldKind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'decimal',
  'google.protobuf.StringValue': 'text',
  'google.protobuf.BytesValue': 'bytes',
  'google.protobuf.BoolValue': 'boolean',
  'google.protobuf.FloatValue': 'number',
  'google.protobuf.DoubleValue': 'number',
  'google.protobuf.Value': 'any',
  'google.protobuf.Struct': 'map',
  'google.protobuf.ListValue': 'array',
  'confluent.type.Decimal': 'decimal',
}

function kindOf({ kind, type, isEnum, isMessage }: MessageField): FieldKind {
  if (kind !== 'single') return kind === 'map' ? 'map' : 'array'
  if (isEnum) return 'text'
  if (isMessage) return messages[type] ?? (type.startsWith('google.protobuf.') ? 'whole number' : 'object')
  if (type === 'string') return 'text'
  if (type === 'bool') return 'boolean'
  if (type === 'bytes') return 'bytes'
  return type === 'float' || type === 'double' ? 'number' : 'whole number'
}
