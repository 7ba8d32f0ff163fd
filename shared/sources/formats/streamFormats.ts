import {
  ContractError,
  type FramedFormat,
  type ParseOutcome,
  type PlainAvro,
  type Stream,
  type UndeclaredCounter,
} from '../../contract/index.js'
import { asError } from '../../errors.js'
import { RegistryError, type SchemaRegistry } from '../registry/index.js'
import { UndecodableValue, UnusableSchema } from '../undecodable.js'
import { frameOf, schemaIds } from './frame.js'
import { type PayloadReader, payloadReader } from './payloadReader.js'
import type { SubjectFields } from './subjectFields.js'

/** Requests to the registry at once. */
const concurrentRequests = 8

/** Reads values of every format but plain JSON; keeps what it has compiled. */
export class StreamFormats {
  readonly #registry: SchemaRegistry | undefined
  /** By the contract's fields, then by format and id. A schema never changes, so neither does its reader. */
  readonly #readers = new WeakMap<Stream['fields'], Map<string, PayloadReader>>()
  readonly #plain = new WeakMap<Stream['fields'], Promise<(value: Uint8Array) => unknown>>()

  /** @param registry undefined when the settings name none */
  constructor(registry: SchemaRegistry | undefined) {
    this.#registry = registry
  }

  /** As `ValueFormats.readable`. */
  async readable(stream: Stream, values: Iterable<Uint8Array | null>): Promise<Stream> {
    const { format } = stream
    if (format === 'json') return stream
    if (typeof format === 'object') {
      const decode = await this.#plainDecoder(stream, format)
      return { ...stream, parse: (value, ...when) => decoded(stream, () => decode(value), 'the value', when) }
    }
    const readers = await this.#readersOf(stream, format, schemaIds(values))
    return { ...stream, parse: (value, ...when) => framed(stream, readers, value, when) }
  }

  /** As `ValueFormats.fieldsOf`. */
  async fieldsOf(stream: string, subject: string, format: FramedFormat): Promise<SubjectFields> {
    const { subjectFields } = await import('./subjectFields.js')
    return subjectFields(this.#registry ?? notSet(stream, format), subject, format)
  }

  #plainDecoder(stream: Stream, format: PlainAvro): Promise<(value: Uint8Array) => unknown> {
    let decoder = this.#plain.get(stream.fields)
    if (decoder === undefined) {
      decoder = compiledAvro(stream, format)
      this.#plain.set(stream.fields, decoder)
    }
    return decoder
  }

  async #readersOf({ name, fields }: Stream, format: FramedFormat, ids: ReadonlySet<number>) {
    const readers = new Map<number, PayloadReader>()
    const unknown: number[] = []
    const compiled = this.#readers.get(fields) ?? new Map<string, PayloadReader>()
    this.#readers.set(fields, compiled)
    for (const id of ids) {
      const known = compiled.get(`${format} ${id}`)
      if (known === undefined) unknown.push(id)
      else readers.set(id, known)
    }
    const registry = this.#registry ?? (unknown.length === 0 ? undefined : notSet(name, format))
    const ask = async () => {
      for (let id = unknown.pop(); id !== undefined && registry !== undefined; id = unknown.pop()) {
        const reader = await payloadReader(registry, format, id, fields)
        readers.set(id, reader)
        if (reader.kind !== 'rejected') compiled.set(`${format} ${id}`, reader)
      }
    }
    await Promise.all(Array.from({ length: concurrentRequests }, ask))
    return readers
  }
}

async function compiledAvro({ name, fields }: Stream, { avro }: PlainAvro): Promise<(value: Uint8Array) => unknown> {
  const { avroDecoder, avroSchema } = await import('../avro/index.js')
  try {
    return avroDecoder(avroSchema(avro), fields)
  } catch (error) {
    if (!(error instanceof UnusableSchema)) throw error
    const message = `Stream ${JSON.stringify(name)}: the Avro schema of its format cannot be used: ${error.message}.`
    throw new ContractError('BAD_STREAM', message, { stream: name })
  }
}

type When = readonly [
  kafkaTimestamp: number | null,
  ingestedAt?: number | undefined,
  undeclared?: UndeclaredCounter | undefined,
]

function framed(
  stream: Stream,
  readers: ReadonlyMap<number, PayloadReader>,
  value: Uint8Array,
  when: When,
): ParseOutcome {
  const frame = frameOf(value)
  if (typeof frame === 'string') return undecoded(`the value cannot be decoded: ${frame}`)
  const { schemaId, payload } = frame
  const reader = readers.get(schemaId)
  if (reader === undefined) throw new RangeError(`Schema ${schemaId} was not asked for before its values are read.`)
  if (reader.kind === 'rejected') return { valid: false, rejection: reader.rejection }
  if (reader.kind === 'binary')
    return decoded(stream, () => reader.decode(payload), `the value of schema ${schemaId}`, when)
  const outcome = stream.parse(payload, ...when)
  if (outcome.valid || !unreadable.includes(outcome.rejection.code)) return outcome
  return undecoded(`the value of schema ${schemaId} cannot be decoded: ${outcome.rejection.message}`)
}

/** What a value of JSON is rejected for that is none. */
const unreadable: readonly string[] = ['NOT_UTF8', 'NOT_JSON']

function decoded(stream: Stream, decode: () => unknown, what: string, when: When): ParseOutcome {
  let found: unknown
  try {
    found = decode()
  } catch (error) {
    const path = error instanceof UndecodableValue ? error.path : ''
    return undecoded(`${what} cannot be decoded: ${asError(error).message}`, path)
  }
  const [kafkaTimestamp, ingestedAt, undeclared] = when
  undeclared?.count(found)
  return stream.validate(found, kafkaTimestamp, ingestedAt)
}

function undecoded(message: string, path = ''): ParseOutcome {
  return { valid: false, rejection: { code: 'NOT_DECODED', path, message } }
}

function notSet(stream: string, format: FramedFormat): never {
  throw new RegistryError(
    'REGISTRY_NOT_SET',
    `Stream ${stream} has the format ${format}, whose schemas come from a registry. Set SCHEMA_REGISTRY_URL.`,
    { data: { stream } },
  )
}
