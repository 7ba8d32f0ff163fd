/**
 * What a schema registry's clients put in front of a value, and what follows it: a zero byte, the schema's id in four
 * bytes, then JSON text, Avro, or Protobuf behind the indexes of its message.
 */
export const framedFormats = ['confluent-json-schema', 'confluent-avro', 'confluent-protobuf'] as const

/** One of {@link framedFormats}. */
export type FramedFormat = (typeof framedFormats)[number]

/** Avro without anything in front: the schema cannot be seen in the value, so it stands in the declaration. */
export interface PlainAvro {
  /** The schema that all values are written with, as an `.avsc` file has it. */
  readonly avro: string | object
}

/** How the values of a topic are written. Keys and headers are bytes whatever the format. */
export type StreamFormat = 'json' | FramedFormat | PlainAvro

/** Whether values name a schema that a registry has. */
export function isFramed(format: StreamFormat): format is FramedFormat {
  return (framedFormats as readonly unknown[]).includes(format)
}

/** A format in a word. */
export function formatName(format: StreamFormat): string {
  return typeof format === 'string' ? format : 'avro'
}

/** What is wrong with a declared format; undefined when nothing is. */
export function formatFault(format: unknown): string | undefined {
  if (format === 'json' || (framedFormats as readonly unknown[]).includes(format)) return undefined
  const isAvro = typeof format === 'object' && format !== null && 'avro' in format
  if (isAvro && format.avro !== undefined) return undefined
  return `format is none of json, ${framedFormats.join(', ')} and { avro: <schema> }`
}
