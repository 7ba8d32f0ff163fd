import { readFileSync } from 'node:fs'

import { nearestName } from '../../../shared/settings/index.js'
import type { Environment } from './appSettings.js'
import { HostError } from './hostError.js'
import { withOverrides } from './hostOverrides.js'

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
  /** Of one answer of a broker; a first batch that is larger comes all the same. */
  readonly fetchMaxBytes: number
  /** Of one partition in it. */
  readonly maxPartitionFetchBytes: number
  /** Kilobytes (1024 bytes) of polled records that wait for an invocation, before one answer more. */
  readonly queuedMaxMessagesKbytes: number
}

/** What of host.json bears on functions here: the Kafka extension's settings, and the first part of HTTP paths. */
export interface HostSettings {
  readonly kafka: KafkaHostSettings
  readonly routePrefix: string
}

/**
 * What the local host needs of a host.json's text, and of the app settings that override it. Property names are matched
 * without case, as the host does.
 */
export function parseHostSettings(text: string, name = 'host.json', settings: Environment = {}): HostSettings {
  let root: Properties
  try {
    root = new Properties(withOverrides(JSON.parse(text), settings), name)
  } catch (cause) {
    throw new HostError('HOST_JSON', `${name} is not valid JSON.`, { cause })
  }
  const kafka = root.under('extensions').under('kafka')
  kafka.refuseMisspelt([
    'maxBatchSize',
    'subscriberIntervalInSeconds',
    'commitOnFailure',
    'maxRetries',
    'autoOffsetReset',
    'sessionTimeoutMs',
    'maxPollIntervalMs',
    'fetchMaxBytes',
    'maxPartitionFetchBytes',
    'queuedMaxMessagesKbytes',
  ])
  const reset = kafka.text('autoOffsetReset', 'Earliest').toLowerCase()
  if (reset !== 'latest' && reset !== 'earliest')
    throw new HostError('HOST_JSON', `${name}: autoOffsetReset must be Earliest or Latest.`)
  return {
    kafka: {
      maxBatchSize: kafka.whole('maxBatchSize', 64, 1),
      subscriberIntervalInSeconds: kafka.whole('subscriberIntervalInSeconds', 1, 1),
      commitOnFailure: kafka.boolean('commitOnFailure', true),
      maxRetries: kafka.whole('maxRetries', 5, -1),
      autoOffsetReset: reset,
      sessionTimeoutMs: kafka.whole('sessionTimeoutMs', 10_000, 1),
      maxPollIntervalMs: kafka.whole('maxPollIntervalMs', 300_000, 1),
      fetchMaxBytes: kafka.whole('fetchMaxBytes', 52_428_800, 1, 2 ** 31 - 1),
      maxPartitionFetchBytes: kafka.whole('maxPartitionFetchBytes', 1_048_576, 1, 1_000_000_000),
      queuedMaxMessagesKbytes: kafka.whole('queuedMaxMessagesKbytes', 65_536, 1, 2_097_151),
    },
    routePrefix: root.under('extensions').under('http').text('routePrefix', 'api'),
  }
}

/**
 * What {@link parseHostSettings} reads, of a file.
 * @throws HostError HOST_JSON, or Node's own error when there is no such file
 */
export function readHostSettings(file: string, settings: Environment = {}): HostSettings {
  return parseHostSettings(readFileSync(file, 'utf8'), file, settings)
}

class Properties {
  readonly #values: ReadonlyMap<string, unknown>
  readonly #file: string

  constructor(value: unknown, file: string) {
    this.#file = file
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
    this.#values = new Map(entries.map(([name, v]) => [name.toLowerCase(), v]))
  }

  under(name: string): Properties {
    return new Properties(this.#values.get(name.toLowerCase()), this.#file)
  }

  /** A whole number of at least `least`, and at most `most`. */
  whole(name: string, absent: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.#of(name, absent, 'number')
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`
    throw new HostError('HOST_JSON', `${this.#file}: ${name} must be a whole number of ${range}.`)
  }

  /** The host passes over names it does not know, so that a slip would leave a default in force. */
  refuseMisspelt(known: readonly string[]): void {
    for (const name of this.#values.keys()) {
      if (known.some(other => other.toLowerCase() === name)) continue
      const meant = nearestName(name, known)
      if (meant !== undefined)
        throw new HostError('HOST_JSON', `${this.#file}: ${name} is no property of it: did you mean ${meant}?`)
    }
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
    if (typeof value !== type) throw new HostError('HOST_JSON', `${this.#file}: ${name} must be a ${type}.`)
    return value as T
  }
}
