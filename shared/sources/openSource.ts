import type { Clock } from '../clock.js'
import type { Settings } from '../settings/index.js'
import type { Logger } from '../telemetry/index.js'
import type { EventHubsConnection } from './eventHubs/index.js'
import type { Compression, KafkaConnection } from './kafka/index.js'
import type {
  Identified,
  OffsetRange,
  PartitionOffsets,
  ProducedRecord,
  ReadOptions,
  Source,
  SourceBatch,
  TopicSurvey,
} from './source.js'
import { SourceError } from './sourceError.js'

/** How to reach the source of events, by its kind; holds secrets. */
export type SourceConnection =
  | { readonly kind: 'kafka'; readonly kafka: KafkaConnection }
  | { readonly kind: 'eventhubs'; readonly eventHubs: EventHubsConnection }

/** What a source is opened with beside its connection. */
export interface OpenSourceOptions {
  readonly log?: Logger
  readonly clock?: Clock
  /** What Kafka records are written with; default lz4. */
  readonly compression?: Compression
  /** Called with what is waited for, after two seconds without an answer; a warning in the log when absent. */
  readonly onWaiting?: ((sentence: string) => void) | undefined
}

/** Which source the settings name, and how to reach it. Plain data: it may be passed to a worker thread. */
export function sourceConnection(settings: Settings): SourceConnection {
  if (settings.source === 'eventhubs') {
    const {
      eventhubsNamespace: namespace,
      eventhubsConnectionString: connectionString,
      azureClientId: managedIdentityClientId,
    } = settings
    return {
      kind: 'eventhubs',
      eventHubs: {
        namespace,
        connectionString,
        managedIdentityClientId,
        consumerGroup: settings.eventhubsReaderConsumerGroup,
      },
    }
  }
  const { kafkaOauthTokenEndpoint, kafkaOauthClientId, kafkaOauthClientSecret } = settings
  const oauth =
    kafkaOauthTokenEndpoint === undefined || kafkaOauthClientId === undefined || kafkaOauthClientSecret === undefined
      ? undefined
      : {
          tokenEndpoint: kafkaOauthTokenEndpoint,
          clientId: kafkaOauthClientId,
          clientSecret: kafkaOauthClientSecret,
          scope: settings.kafkaOauthScope,
        }
  return {
    kind: 'kafka',
    kafka: {
      brokers: settings.kafkaBrokers
        .split(',')
        .map(broker => broker.trim())
        .filter(broker => broker !== ''),
      securityProtocol: settings.kafkaSecurityProtocol,
      saslMechanism: settings.kafkaSaslMechanism,
      username: settings.kafkaUsername,
      password: settings.kafkaPassword,
      ca: settings.kafkaSslCa,
      cert: settings.kafkaSslCertificate,
      key: settings.kafkaSslKey,
      keyPassword: settings.kafkaSslKeyPassword,
      oauth,
    },
  }
}

/**
 * The source of that connection. Its library is loaded, and the first connection made, at the first call.
 *
 * ```ts
 * const source = openSource(sourceConnection(settings), { log })
 * ```
 */
export function openSource(connection: SourceConnection, options: OpenSourceOptions = {}): Source {
  return new DeferredSource(async () => {
    if (connection.kind === 'eventhubs') {
      const { EventHubsSource } = await import('./eventHubs/index.js')
      return new EventHubsSource({ ...options, connection: connection.eventHubs })
    }
    const { KafkaSource } = await import('./kafka/index.js')
    return new KafkaSource({ compression: 'lz4', ...options, connection: connection.kafka })
  })
}

class DeferredSource implements Source {
  readonly #open: () => Promise<Source>
  #opened: Promise<Source> | undefined
  #closed = false

  constructor(open: () => Promise<Source>) {
    this.#open = open
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return (await this.#source()).offsets(topic)
  }

  async survey(topic: string): Promise<TopicSurvey> {
    return (await this.#source()).survey(topic)
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<bigint> {
    return (await this.#source()).offsetAt(topic, partition, timestamp)
  }

  async *read(topic: string, range: OffsetRange, options?: ReadOptions): AsyncGenerator<SourceBatch> {
    yield* (await this.#source()).read(topic, range, options)
  }

  async identify(
    topic: string,
    asked: ReadonlyMap<number, number | undefined>,
  ): Promise<ReadonlyMap<number, Identified>> {
    return (await this.#source()).identify(topic, asked)
  }

  async produce(topic: string, records: readonly ProducedRecord[]): Promise<void> {
    return (await this.#source()).produce(topic, records)
  }

  async close(): Promise<void> {
    this.#closed = true
    await (await this.#opened)?.close()
  }

  #source(): Promise<Source> {
    if (this.#closed) return Promise.reject(new SourceError('SOURCE_CLOSED', 'The source was closed.'))
    return (this.#opened ??= this.#open())
  }
}
