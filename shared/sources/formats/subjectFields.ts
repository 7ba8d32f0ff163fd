import { type FramedFormat } from '../../contract/index.js'
import { type SchemaRegistry, withReferences } from '../registry/index.js'
import { UnusableSchema } from '../undecodable.js'
import { schemaTypes } from './payloadReader.js'
import type { SchemaField } from './schemaFields.js'

/** A subject's latest schema, or why it says nothing of fields. */
export type SubjectFields =
  { readonly id: number | undefined; readonly fields: readonly SchemaField[] } | { readonly fault: string }

/**
 * What a subject's latest schema says of fields.
 * @throws RegistryError when it cannot be asked for
 */
export async function subjectFields(
  registry: SchemaRegistry,
  subject: string,
  format: FramedFormat,
): Promise<SubjectFields> {
  const schema = await registry.byVersion(subject, 'latest')
  if (schema === undefined) return { fault: `the registry has no subject ${subject}` }
  if (schema.type !== schemaTypes[format])
    return { fault: `the schema of subject ${subject} is ${schema.type}, and the stream's format ${format}` }
  try {
    if (schema.type === 'JSON') {
      const { jsonSchemaFields } = await import('./jsonSchemaFields.js')
      return { id: schema.id, fields: jsonSchemaFields(schema.text) }
    }
    const whole = await withReferences(registry, schema)
    if ('fault' in whole) return whole
    const others = [...whole.referenced.values()]
    if (schema.type === 'PROTOBUF') {
      const { protobufFields } = await import('./protobufFields.js')
      return { id: schema.id, fields: protobufFields(schema.text, others) }
    }
    const { avroFields } = await import('./avroFields.js')
    const parsed = others.map(other => JSON.parse(other) as unknown)
    return { id: schema.id, fields: avroFields(JSON.parse(schema.text), parsed) }
  } catch (error) {
    if (!(error instanceof UnusableSchema || error instanceof SyntaxError)) throw error
    return { fault: `the schema of subject ${subject} cannot be used: ${error.message}` }
  }
}
