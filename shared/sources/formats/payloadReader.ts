import type { ContractField, FramedFormat, Rejection } from '../../contract/index.js'
import {
  type RegisteredSchema,
  type SchemaRegistry,
  type SchemaType,
  type WholeSchema,
  withReferences,
} from '../registry/index.js'
import { UnusableSchema } from '../undecodable.js'

/** Reads what stands behind a schema's id. */
export type PayloadReader =
  | { readonly kind: 'json' }
  /** Throws UndecodableValue. */
  | { readonly kind: 'binary'; readonly decode: (payload: Uint8Array) => unknown }
  /** Nothing can be read. */
  | { readonly kind: 'rejected'; readonly rejection: Rejection }

/** What the schemas of a format are written in. */
export const schemaTypes: Readonly<Record<FramedFormat, SchemaType>> = {
  'confluent-json-schema': 'JSON',
  'confluent-avro': 'AVRO',
  'confluent-protobuf': 'PROTOBUF',
}

/**
 * The reader of a registered schema. The contract is what judges values: a JSON Schema's own rules are not asked.
 * @param fields of the contract that the values are read for
 * @throws RegistryError when it, or a schema that it refers to, cannot be asked for
 */
export async function payloadReader(
  registry: SchemaRegistry,
  format: FramedFormat,
  id: number,
  fields: readonly ContractField[],
): Promise<PayloadReader> {
  const schema = await registry.byId(id)
  if (schema === undefined) return rejected('SCHEMA_UNKNOWN', `the registry has no schema ${id}, which the value names`)
  if (schema.type !== schemaTypes[format])
    return rejected(
      'SCHEMA_UNUSABLE',
      `schema ${id}, which the value names, is ${schema.type}, and the stream's format ${format}`,
    )
  if (schema.type === 'JSON') return { kind: 'json' }
  const whole = await withReferences(registry, schema)
  if ('fault' in whole) return unusable(schema, id, whole.fault)
  try {
    return { kind: 'binary', decode: await compiled(whole, fields) }
  } catch (error) {
    if (error instanceof UnusableSchema || error instanceof SyntaxError) return unusable(schema, id, error.message)
    throw error
  }
}

async function compiled(
  { type, text, referenced }: WholeSchema,
  fields: readonly ContractField[],
): Promise<(payload: Uint8Array) => unknown> {
  if (type === 'PROTOBUF') {
    const { protobufDecoder, protobufSchema } = await import('../protobuf/index.js')
    return protobufDecoder(protobufSchema(text, referenced.values()))
  }
  const { avroDecoder, avroSchema } = await import('../avro/index.js')
  return avroDecoder(
    avroSchema(
      JSON.parse(text),
      Array.from(referenced.values(), other => JSON.parse(other) as unknown),
    ),
    fields,
  )
}

function unusable({ type }: RegisteredSchema, id: number, why: string): PayloadReader {
  return rejected('SCHEMA_UNUSABLE', `schema ${id} (${type}) cannot be used: ${why}`)
}

function rejected(code: Rejection['code'], message: string): PayloadReader {
  return { kind: 'rejected', rejection: { code, path: '', message } }
}
