import type { Logger } from '../../telemetry/index.js'
import { partitionMissing, SourceError, topicMissing } from '../sourceError.js'
import type { KafkaClientSettings } from './clientSettings.js'
import { codes, connectionFault, protocolFault } from './kafkaErrors.js'
import { type BrokerNode, type ConnectionSettings, kafkajsLogger, openNode } from './kafkajsInternals.js'
import { type ClusterMetadata, requestMetadata } from './protocol.js'

/** Each partition with the `host:port` of its leader; undefined where it has none at the moment. */
export type Leaders = ReadonlyMap<number, string | undefined>

/** Who leads which partition, and connections to those brokers. Metadata is kept until somebody says it is wrong. */
export class Cluster {
  readonly #settings: ConnectionSettings
  readonly #nodes = new Map<string, Promise<BrokerNode>>()
  readonly #leaders = new Map<string, Leaders>()
  readonly #loading = new Map<string, Promise<Leaders>>()
  #closed = false

  constructor(settings: KafkaClientSettings, log: Logger) {
    this.#settings = {
      ...settings,
      logger: kafkajsLogger(({ log: { message } }) => {
        log.debug(message)
      }),
    }
  }

  get address(): string {
    return this.#settings.brokers.join(',')
  }

  /** Who leads the topic's partitions. @throws SourceError SOURCE_TOPIC_MISSING when it does not exist */
  async leaders(topic: string): Promise<Leaders> {
    const known = this.#leaders.get(topic)
    if (known !== undefined) return known
    const loading = this.#loading.get(topic) ?? this.#load(topic).finally(() => this.#loading.delete(topic))
    this.#loading.set(topic, loading)
    return loading
  }

  async leader(topic: string, partition: number): Promise<BrokerNode> {
    const leaders = await this.leaders(topic)
    const address = leaders.get(partition)
    if (address !== undefined) return this.node(address)
    if (!leaders.has(partition)) throw partitionMissing(topic, partition)
    // The next request may find one.
    this.forget(topic)
    throw protocolFault(codes.leaderNotAvailable, topic, partition)
  }

  /** A connected broker. */
  async node(address: string): Promise<BrokerNode> {
    if (this.#closed) throw new SourceError('SOURCE_CLOSED', 'The Kafka source was closed.')
    let opening = this.#nodes.get(address)
    if (opening === undefined) {
      const [host, port] = splitAddress(address)
      opening = openNode(this.#settings, host, port)
      this.#nodes.set(address, opening)
    }
    const node = await opening
    try {
      await node.connect()
    } catch (thrown) {
      this.#drop(address)
      throw connectionFault(thrown, address)
    }
    return node
  }

  /** Any broker that answers: those known to lead something first, then the bootstrap list. */
  async anyNode(): Promise<BrokerNode> {
    let last: SourceError | undefined
    for (const address of new Set([...this.#nodes.keys(), ...this.#settings.brokers])) {
      try {
        return await this.node(address)
      } catch (error) {
        if (!(error instanceof SourceError) || !error.retryable) throw error
        last = error
      }
    }
    throw last ?? new SourceError('SOURCE_UNREACHABLE', 'No Kafka brokers are set. Set KAFKA_BROKERS.')
  }

  /** After an error that fresh metadata or a fresh connection may cure. */
  forget(topic: string, node?: BrokerNode): void {
    this.#leaders.delete(topic)
    if (node !== undefined) this.#drop(`${node.host}:${node.port}`)
  }

  async close(): Promise<void> {
    this.#closed = true
    const opening = Array.from(this.#nodes.values())
    this.#nodes.clear()
    await Promise.allSettled(opening.map(async node => (await node).disconnect()))
  }

  #drop(address: string): void {
    const opening = this.#nodes.get(address)
    this.#nodes.delete(address)
    opening?.then(node => node.disconnect()).catch(() => {})
  }

  async #load(topic: string): Promise<Leaders> {
    const node = await this.anyNode()
    let metadata: ClusterMetadata
    try {
      metadata = await requestMetadata(node, topic)
    } catch (thrown) {
      this.forget(topic, node)
      throw connectionFault(thrown, `${node.host}:${node.port}`)
    }
    const found = metadata.topics.find(candidate => candidate.topic === topic)
    if (found === undefined || found.errorCode === codes.unknownTopicOrPartition) throw topicMissing(topic)
    if (found.errorCode !== codes.none) throw protocolFault(found.errorCode, topic)
    const addresses = new Map(metadata.nodes.map(({ id, host, port }) => [id, `${host}:${port}`]))
    const leaders = new Map(found.partitions.map(({ partition, leader }) => [partition, addresses.get(leader)]))
    this.#leaders.set(topic, leaders)
    return leaders
  }
}

function splitAddress(address: string): [host: string, port: number] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))]
}
