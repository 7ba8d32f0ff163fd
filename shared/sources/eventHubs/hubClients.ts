import type { EventHubConsumerClient, EventHubProducerClient, RetryOptions } from '@azure/event-hubs'

import { asError } from '../../errors.js'
import { SourceError } from '../sourceError.js'
import type { EventHubsConnection } from './connection.js'
import { type ChannelOptions, EventChannel } from './eventChannel.js'

/**
 * The library would wait half a minute between its attempts, and a minute for an answer that a lost connection took with
 * it; whoever calls decides whether to try for long.
 */
const retryOptions: RetryOptions = { maxRetries: 2, retryDelayInMs: 1_000, timeoutInMs: 10_000 }

/** How long a new link is watched: a refusal follows right behind the link. */
const probeSeconds = 0.3

interface Reader {
  readonly consumer: EventHubConsumerClient
  /** The library lets one client read a partition once at a time. */
  readonly partitions: Set<number>
}

/** The connections to one event hub. */
export class HubClients {
  readonly consumerGroup: string
  readonly #newConsumer: () => EventHubConsumerClient
  readonly #newProducer: () => EventHubProducerClient
  readonly #readers: Reader[] = []
  #producer: EventHubProducerClient | undefined

  private constructor(
    consumerGroup: string,
    newConsumer: () => EventHubConsumerClient,
    newProducer: () => EventHubProducerClient,
  ) {
    this.consumerGroup = consumerGroup
    this.#newConsumer = newConsumer
    this.#newProducer = newProducer
    this.#readers.push({ consumer: newConsumer(), partitions: new Set() })
  }

  /** @throws SourceError SOURCE_BAD_SETTINGS when the connection does not name this hub */
  static async open(
    { connectionString, namespace, managedIdentityClientId, consumerGroup = '$Default' }: EventHubsConnection,
    hub: string,
  ): Promise<HubClients> {
    const { EventHubConsumerClient, EventHubProducerClient } = await import('@azure/event-hubs')
    const options = { retryOptions }
    if (connectionString !== undefined) {
      try {
        return new HubClients(
          consumerGroup,
          () => new EventHubConsumerClient(consumerGroup, connectionString, hub, options),
          () => new EventHubProducerClient(connectionString, hub, options),
        )
      } catch (thrown) {
        throw unusable(connectionString, hub, asError(thrown))
      }
    }
    const { DefaultAzureCredential } = await import('@azure/identity')
    const credential = new DefaultAzureCredential(
      managedIdentityClientId === undefined ? {} : { managedIdentityClientId },
    )
    const host = namespace as string
    return new HubClients(
      consumerGroup,
      () => new EventHubConsumerClient(consumerGroup, host, hub, credential, options),
      () => new EventHubProducerClient(host, hub, credential, options),
    )
  }

  /** For questions about the hub and its partitions. */
  get management(): EventHubConsumerClient {
    return (this.#readers[0] as Reader).consumer
  }

  get producer(): EventHubProducerClient {
    return (this.#producer ??= this.#newProducer())
  }

  /** Reads a partition, on whichever client does not read that partition yet. */
  openChannel(options: ChannelOptions): EventChannel & AsyncDisposable {
    let reader = this.#readers.find(({ partitions }) => !partitions.has(options.partition))
    if (reader === undefined) this.#readers.push((reader = { consumer: this.#newConsumer(), partitions: new Set() }))
    const { consumer, partitions } = reader
    const channel = new EventChannel(consumer, options)
    partitions.add(options.partition)
    return Object.assign(channel, {
      async [Symbol.asyncDispose]() {
        await channel.close()
        partitions.delete(options.partition)
      },
    })
  }

  /**
   * Attaches a receiver and lets it go.
   * @throws what the service says when it refuses one of this consumer group
   */
  async probe(partition: number): Promise<void> {
    await using channel = this.openChannel({
      partition,
      startPosition: { offset: '@latest' },
      maxBatchSize: 1,
      reportSeconds: probeSeconds,
    })
    await channel.attached()
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#readers.map(({ consumer }) => consumer.close()), this.#producer?.close()])
  }
}

/** The library's own message has the whole connection string, and its key, in it. */
function unusable(connectionString: string, hub: string, { name }: Error): SourceError {
  const named = /(?:^|;)\s*EntityPath\s*=\s*([^;]*)/i.exec(connectionString)?.[1]
  const why =
    named !== undefined && named !== hub
      ? `is of the event hub ${named} (EntityPath), but the stream's topic is ${hub}. Use the namespace's connection string`
      : "cannot be read. Copy it again from the namespace's shared access policies"
  return new SourceError('SOURCE_BAD_SETTINGS', `EVENTHUBS_CONNECTION_STRING ${why}.`, {
    data: { topic: hub, error: name },
  })
}
