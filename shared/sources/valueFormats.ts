import { type Clock, systemClock } from '../clock.js'
import type { FramedFormat, Stream } from '../contract/index.js'
import type { StreamFormats, SubjectFields } from './formats/index.js'
import type { RegistryConnection } from './registryConnection.js'

/**
 * Reads values in the formats that streams declare. What a format needs, its decoder and a registry's client, is loaded
 * at the first stream that has it: JSON needs none of it.
 */
export class ValueFormats {
  readonly #registry: RegistryConnection | undefined
  readonly #clock: Clock
  #opened: Promise<StreamFormats> | undefined

  constructor(registry: RegistryConnection | undefined, clock: Clock = systemClock) {
    this.#registry = registry
    this.#clock = clock
  }

  /**
   * The same stream with a `parse` that reads these values. Schemas that they name and that are not known yet are fetched
   * first: reading itself waits for nothing.
   *
   * @param values null is a tombstone
   * @throws RegistryError when a schema cannot be asked for, so that the values are read again later; that the registry
   * does not have one is an outcome of `parse`
   */
  async readable(stream: Stream, values: Iterable<Uint8Array | null>): Promise<Stream> {
    if (stream.format === 'json') return stream
    return (await this.#open()).readable(stream, values)
  }

  /**
   * What the latest schema of a subject says of fields.
   * @throws RegistryError when it cannot be asked for
   */
  async fieldsOf(stream: string, subject: string, format: FramedFormat): Promise<SubjectFields> {
    return (await this.#open()).fieldsOf(stream, subject, format)
  }

  #open(): Promise<StreamFormats> {
    this.#opened ??= import('./formats/index.js').then(({ openFormats }) => openFormats(this.#registry, this.#clock))
    return this.#opened
  }
}

/** The values of records. */
export function* valuesOf(records: Iterable<{ readonly value: Uint8Array | null }>): Generator<Uint8Array | null> {
  for (const { value } of records) yield value
}
