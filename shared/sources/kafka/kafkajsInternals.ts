import { createRequire } from 'node:module'
import type { ConnectionOptions } from 'node:tls'

import type { Kafka, SASLOptions } from 'kafkajs'

/**
 * The parts of kafkajs (2.2.4, pinned; no `exports` map) below its consumers and producers: sockets, TLS, SASL and
 * request queues. Its public API reads ranges only through consumer groups and merges repeated headers. This file is
 * the only place that knows those parts; everything above it is typed.
 */
const load = createRequire(import.meta.url)

/** Takes one message of kafkajs; `level` is one of its `logLevel` numbers, a lower one being more severe. */
export type LogWriter = (entry: { readonly level: number; readonly log: { readonly message: string } }) => void

/** kafkajs's logger, as far as it is passed through: its connections ask for one by namespace. */
export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger
}

/** What kafkajs's connections take; `ssl: null` is no TLS, `sasl: null` no signing in. */
export interface ConnectionSettings {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl: ConnectionOptions | null
  readonly sasl: SASLOptions | null
  /** Milliseconds. */
  readonly connectionTimeout: number
  /** Milliseconds. */
  readonly requestTimeout: number
  readonly logger: KafkajsLogger
}

/** A request of the Kafka protocol: `body` is everything behind the request header, encoded for `apiVersion`. */
export interface Request {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  readonly body: Buffer
  /** Milliseconds. */
  readonly timeout?: number
}

/** One broker of the cluster; it signs in and agrees on versions when it connects. */
export interface BrokerNode {
  readonly host: string
  readonly port: number
  connect(): Promise<void>
  /** The newest version of the request that the broker speaks, or undefined when it does not know the request. */
  newestVersion(apiKey: number): number | undefined
  /** The response's body, without header. */
  send(request: Request): Promise<Buffer>
  disconnect(): Promise<void>
}

interface RawPool {
  readonly host: string
  readonly port: number
  send(protocol: {
    request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<unknown> }
    response: { decode(raw: Buffer): Promise<Buffer>; parse(raw: Buffer): Promise<Buffer> }
    requestTimeout?: number
    logResponseError: boolean
  }): Promise<Buffer>
}

interface RawBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null
  connect(): Promise<void>
  disconnect(): Promise<void>
}

interface RawEncoder {
  writeBufferInternal(bytes: Buffer): void
}

interface Internals {
  readonly Broker: new (options: {
    connectionPool: RawPool
    logger: KafkajsLogger
    authenticationTimeout: number
    allowAutoTopicCreation: boolean
  }) => RawBroker
  readonly connectionPoolBuilder: (settings: object) => { build(at: { host: string; port: number }): Promise<RawPool> }
  readonly Encoder: new (size?: number) => RawEncoder
  readonly createLogger: (options: { level: number; logCreator: () => LogWriter }) => KafkajsLogger
}

let loaded: Internals | undefined

function internals(): Internals {
  return (loaded ??= {
    Broker: load('kafkajs/src/broker') as Internals['Broker'],
    connectionPoolBuilder: load('kafkajs/src/cluster/connectionPoolBuilder') as Internals['connectionPoolBuilder'],
    Encoder: load('kafkajs/src/protocol/encoder') as Internals['Encoder'],
    createLogger: (load('kafkajs/src/loggers') as Pick<Internals, 'createLogger'>).createLogger,
  })
}

/** Passes kafkajs's own messages, its level `warn` and up, to `write`. */
export const kafkajsLogger = (write: LogWriter): KafkajsLogger =>
  internals().createLogger({ level: 2, logCreator: () => write })

/** A record as kafkajs's consumers take it from a fetch: what they read themselves. */
export interface ConsumerMessage {
  readonly offset: string
  readonly isControlRecord: boolean
  readonly key: Buffer | null
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

/** What decodes the record batches of one partition in a fetch's answer. */
export type MessageDecoder = (batches: Buffer) => Promise<readonly ConsumerMessage[]>

interface FetchDecoder {
  readInt32(): number
  canReadBytes(count: number): boolean
  readBytes(count: number): Buffer
}

/**
 * From now on, kafkajs's consumers in this process decode fetches so. Its responses look the decoder up when the first
 * one of their version is read, which must not have been yet.
 */
export function replaceMessageDecoder(decode: MessageDecoder): void {
  const path = load.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages')
  load(path)
  const module = load.cache[path]
  if (module === undefined) throw new Error('kafkajs has another decoder of messages.')
  module.exports = async (decoder: FetchDecoder): Promise<readonly ConsumerMessage[]> => {
    const size = decoder.readInt32()
    return size <= 0 || !decoder.canReadBytes(size) ? [] : decode(decoder.readBytes(size))
  }
}

/** The broker that keeps a group, once it is connected. */
export interface GroupCoordinator {
  leaveGroup(member: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
}

/** kafkajs's cluster, as far as it takes to find the coordinator of a consumer group. */
export interface GroupCluster {
  connect(): Promise<void>
  findGroupCoordinator(group: { readonly groupId: string }): Promise<GroupCoordinator>
  disconnect(): Promise<void>
}

/** Connections of their own, by a client's settings: its public API removes no member from a group but its own. */
export function groupCluster(client: Kafka): GroupCluster {
  const create = Object.getOwnPropertySymbols(client).find(
    symbol => symbol.description === 'private:Kafka:createCluster',
  )
  if (create === undefined) throw new Error('kafkajs makes its clusters another way.')
  return (client as unknown as Readonly<Record<symbol, (options: object) => GroupCluster>>)[create]?.({
    allowAutoTopicCreation: false,
  }) as GroupCluster
}

const asIs = (raw: Buffer): Promise<Buffer> => Promise.resolve(raw)

/**
 * The broker at that address, not yet connected: nothing is sent before `connect`. Errors of its calls are kafkajs's.
 */
export async function openNode(settings: ConnectionSettings, host: string, port: number): Promise<BrokerNode> {
  const { Broker, connectionPoolBuilder, Encoder } = internals()
  const pool = await connectionPoolBuilder({
    ...settings,
    enforceRequestTimeout: true,
    socketFactory: (load('kafkajs/src/network/socketFactory') as () => unknown)(),
  }).build({ host, port })
  const broker = new Broker({
    connectionPool: pool,
    logger: settings.logger,
    authenticationTimeout: settings.connectionTimeout,
    allowAutoTopicCreation: false,
  })
  return {
    host,
    port,
    connect: () => broker.connect(),
    newestVersion: apiKey => broker.versions?.[apiKey]?.maxVersion,
    send: ({ apiKey, apiVersion, apiName, body, timeout }) =>
      pool.send({
        request: {
          apiKey,
          apiVersion,
          apiName,
          encode() {
            const encoder = new Encoder(body.length)
            encoder.writeBufferInternal(body)
            return Promise.resolve(encoder)
          },
        },
        response: { decode: asIs, parse: asIs },
        ...(timeout === undefined ? {} : { requestTimeout: timeout }),
        logResponseError: false,
      }),
    disconnect: () => broker.disconnect(),
  }
}
