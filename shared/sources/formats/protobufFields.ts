import { type MessageField, messageFields, protobufSchema } from '../protobuf/index.js'
import { UnusableSchema } from '../undecodable.js'
import type { FieldKind, SchemaField, SchemaValue } from './schemaFields.js'

/**
 * The fields of a file's first message, which is the one that clients write unless they are told otherwise.
 * @throws UnusableSchema
 */
export function protobufFields(text: string, imported: Iterable<string> = []): readonly SchemaField[] {
  const type = protobufSchema(text, imported).message([0])
  if (type === undefined) throw new UnusableSchema('it has no message')
  return fieldsOf(messageFields(type))
}

function fieldsOf(fields: readonly MessageField[]): readonly SchemaField[] {
  return fields.map(field => {
    const { name, kind, mayBeAbsent } = field
    const value = valueOf(field)
    if (kind === 'single') return { name, mayBeAbsent, ...value }
    return { name, mayBeAbsent, mayBeNull: false, kind: kind === 'map' ? 'map' : 'array', each: () => value }
  })
}

/** A field's value, or each of those that it has. */
function valueOf(field: MessageField): SchemaValue {
  const kind = kindOf(field)
  const { fields } = field
  return kind === 'object' && fields !== undefined
    ? { kind, mayBeNull: false, fields: () => fieldsOf(fields()) }
    : { kind, mayBeNull: false }
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

function kindOf({ type, isEnum, isMessage }: MessageField): FieldKind {
  if (isEnum) return 'text'
  if (isMessage) return messages[type] ?? (type.startsWith('google.protobuf.') ? 'whole number' : 'object')
  if (type === 'string') return 'text'
  if (type === 'bool') return 'boolean'
  if (type === 'bytes') return 'bytes'
  return type === 'float' || type === 'double' ? 'number' : 'whole number'
}
