import { readFileSync } from 'node:fs'
import { HostError } from './hostError.js'

/** The Kafka extension's settings that decide batches and offsets, with its own defaults. */
export interface KafkaHostSettings {
  readonly maxBatchSize: number
  readonly subscriberIntervalInSeconds: number
  readonly commitOnFailure: boolean
  /** Further rounds of a failed batch when it is not committed; -1 is for ever. */
  readonly maxRetries: number
  readonly autoOffsetReset: 'earliest' | 'latest'
  readonly sessionTimeoutMs: number
  readonly maxPollIntervalMs: number
}

export interface HostSettings {
  readonly kafka: KafkaHostSettings
  readonly routePrefix: string
}

/** What the local host needs of a host.json's text. Property names are matched without case, as the host does. Pure; no I/O. */
export function parseHostSettings(text: string, name = 'host.json'): HostSettings {
  let root: Properties
  try {
    root = new Properties(JSON.parse(text))
  } catch (cause) {
    throw new HostError('HOST_JSON', `${name} is not valid JSON.`, { cause })
  }
  const kafka = root.under('extensions').under('kafka')
  return {
    kafka: {
      maxBatchSize: kafka.number('maxBatchSize', 64),
      subscriberIntervalInSeconds: kafka.number('subscriberIntervalInSeconds', 1),
      commitOnFailure: kafka.boolean('commitOnFailure', true),
      maxRetries: kafka.number('maxRetries', 5),
      autoOffsetReset: kafka.text('autoOffsetReset', 'Earliest').toLowerCase() === 'latest' ? 'latest' : 'earliest',
      sessionTimeoutMs: kafka.number('sessionTimeoutMs', 10_000),
      maxPollIntervalMs: kafka.number('maxPollIntervalMs', 300_000),
    },
    routePrefix: root.under('extensions').under('http').text('routePrefix', 'api'),
  }
}

export function readHostSettings(file: string): HostSettings {
  return parseHostSettings(readFileSync(file, 'utf8'), file)
}

class Properties {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(value: unknown) {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
    this.#values = new Map(entries.map(([name, v]) => [name.toLowerCase(), v]))
  }

  under(name: string): Properties {
    return new Properties(this.#values.get(name.toLowerCase()))
  }

  number(name: string, absent: number): number {
    return this.#of(name, absent, 'number')
  }

  boolean(name: string, absent: boolean): boolean {
    return this.#of(name, absent, 'boolean')
  }

  text(name: string, absent: string): string {
    return this.#of(name, absent, 'string')
  }

  #of<T>(name: string, absent: T, type: 'number' | 'boolean' | 'string'): T {
    const value = this.#values.get(name.toLowerCase())
    if (value === undefined) return absent
    if (typeof value !== type) throw new HostError('HOST_JSON', `host.json: ${name} must be a ${type}.`)
    return value as T
  }
}
