import { type AddressInfo, type Server } from 'node:net'

import rhea, {
  type Connection,
  type Container,
  type Dictionary,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea'

import { Hub, type Position, positionOf, type SentEvent } from './eventHub.js'
import {
  fail,
  managementAnswer,
  noPartition,
  notFound,
  type ServiceError,
  tokenAnswer,
  unpack,
} from './eventHubAnswers.js'

export interface ServerOptions {
  readonly hub?: string
  readonly partitions?: number
  readonly consumerGroups?: readonly string[]
}

/** A client's receiver, as the service has it. */
interface Subscriber {
  readonly sender: Sender
  readonly hub: string
  readonly partition: number
  readonly group: string
  readonly epoch: number | undefined
  readonly position: Position
  next: number
  /** Attached, and sent nothing any more. */
  deaf: boolean
}

const batchFormat = 0x80013700
const nonEpochReceivers = 5

/**
 * Event Hubs' AMQP side on a port of this machine, plain TCP: what the real SDK needs of it, and what the service does
 * to its clients. Its connection string goes to the emulator's door of the SDK.
 *
 * ```ts
 * await using server = await EventHubsServer.start({ partitions: 2 })
 * server.append(0, [{ body: Buffer.from('{}') }])
 * server.pause(0, 10) // nothing from sequence number 10 on, until resume
 * ```
 */
export class EventHubsServer {
  readonly #container: Container = rhea.create_container()
  readonly #hubs = new Map<string, Hub>()
  readonly #subscribers = new Set<Subscriber>()
  readonly #paused = new Map<number, number>()
  readonly #connections = new Set<Connection>()
  readonly #name: string
  #server: Server | undefined
  /** Receivers attached since the start. */
  attached = 0
  /** Filters of those receivers, in order. */
  readonly filters: string[] = []
  /** Answers to tokens; anything but 202 refuses. */
  tokenStatus = 202

  private constructor(options: ServerOptions) {
    this.#name = options.hub ?? 'events'
    this.create(this.#name, options.partitions ?? 1, options.consumerGroups ?? ['$Default', 'lake-reader'])
    const mechanisms = this.#container.sasl_server_mechanisms as { enable_anonymous(): void }
    mechanisms.enable_anonymous()
    this.#container.on('connection_open', ({ connection }: EventContext) => this.#connections.add(connection))
    this.#container.on('connection_close', ({ connection }: EventContext) => {
      this.#drop(connection)
    })
    this.#container.on('disconnected', ({ connection }: EventContext) => {
      this.#drop(connection)
    })
    this.#container.on('sender_open', ({ sender }: EventContext) => {
      if (sender !== undefined) this.#attach(sender)
    })
    this.#container.on('sender_close', ({ sender }: EventContext) => {
      this.#detached(sender)
    })
    this.#container.on('sendable', () => {
      this.#pump()
    })
    this.#container.on('receiver_open', ({ receiver }: EventContext) => {
      if (receiver !== undefined) this.#openReceiver(receiver)
    })
    this.#container.on('message', (context: EventContext) => {
      this.#receive(context)
    })
    this.#container.on('error', () => undefined)
  }

  static async start(options: ServerOptions = {}): Promise<EventHubsServer> {
    const server = new EventHubsServer(options)
    await new Promise<void>((resolve, reject) => {
      const listening = server.#container.listen({
        host: '127.0.0.1',
        port: 0,
        receiver_options: { max_message_size: 1024 ** 2 },
      } as never)
      server.#server = listening
      listening.once('listening', resolve)
      listening.once('error', reject)
    })
    return server
  }

  get connectionString(): string {
    const { port } = this.#server?.address() as AddressInfo
    return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=test;SharedAccessKey=dGVzdA==;UseDevelopmentEmulator=true`
  }

  hub(name: string = this.#name): Hub {
    const found = this.#hubs.get(name)
    if (found === undefined) throw new Error(`There is no hub ${name}`)
    return found
  }

  /** Creates a hub, or deletes it and creates it again: sequence numbers begin at 0. */
  create(name: string, partitions: number, consumerGroups: Iterable<string>, createdOn?: Date): void {
    this.#hubs.set(name, new Hub(name, partitions, consumerGroups, createdOn))
    for (const subscriber of this.#subscribers) {
      if (subscriber.hub === name)
        fail(subscriber.sender, { condition: 'amqp:link:detach-forced', description: 'The hub was deleted.' })
    }
  }

  recreate(createdOn?: Date): void {
    const { name, partitions, consumerGroups } = this.hub()
    this.create(name, partitions.length, consumerGroups, createdOn)
  }

  append(partition: number, events: readonly SentEvent[], hub = this.#name): void {
    for (const event of events) this.hub(hub).partition(partition).append(event)
    this.#pump()
  }

  /** Nothing of that partition is delivered from that sequence number on, until {@link resume}. */
  pause(partition: number, from: number): void {
    this.#paused.set(partition, from)
  }

  resume(partition: number): void {
    this.#paused.delete(partition)
    this.#pump()
  }

  /** Receivers attached now never get an event again; those that attach later do. */
  deafen(partition: number): void {
    for (const subscriber of this.#subscribers) if (subscriber.partition === partition) subscriber.deaf = true
  }

  /** Detaches all receivers of the partition. */
  detach(
    partition: number,
    error: ServiceError = {
      condition: 'amqp:link:detach-forced',
      description: 'The link was detached by the service.',
    },
  ): void {
    for (const subscriber of this.#subscribers) if (subscriber.partition === partition) fail(subscriber.sender, error)
  }

  /** Receivers of the partition that are attached now. */
  receivers(partition: number): number {
    return [...this.#subscribers].filter(subscriber => subscriber.partition === partition).length
  }

  /** Whether a receiver with an owner level reads the partition by that group. */
  hasEpoch(partition: number, group: string): boolean {
    return [...this.#subscribers].some(
      s => s.partition === partition && s.group === group.toLowerCase() && s.epoch !== undefined,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close()
    const closed = new Promise<void>(resolve =>
      this.#server?.close(() => {
        resolve()
      }),
    )
    const cut = setTimeout(() => {
      for (const { socket } of this.#connections as unknown as Set<{ readonly socket: { destroy(): void } }>)
        socket.destroy()
    }, 200)
    await closed
    clearTimeout(cut)
  }

  #drop(connection: Connection): void {
    this.#connections.delete(connection)
    for (const subscriber of this.#subscribers)
      if (subscriber.sender.connection === connection) this.#subscribers.delete(subscriber)
  }

  #detached(sender: Sender | undefined): void {
    for (const subscriber of this.#subscribers) if (subscriber.sender === sender) this.#subscribers.delete(subscriber)
  }

  /** A client's receiver: of one partition, or of answers to its requests. */
  #attach(sender: Sender): void {
    const { address } = sender.source
    sender.set_source({ address, filter: sender.source.filter ?? {} })
    if (address.startsWith('$')) return
    const match = /^([^/]+)\/ConsumerGroups\/([^/]+)\/Partitions\/(\d+)$/i.exec(address)
    const [, name = '', group = '', id = ''] = match ?? []
    const hub = this.#hubs.get(name)
    if (hub?.consumerGroups.has(group.toLowerCase()) !== true) {
      fail(sender, notFound(hub === undefined ? name : `${name}/ConsumerGroups/${group}`))
      return
    }
    const partition = hub.partitions[Number(id)]
    if (partition === undefined) {
      fail(sender, noPartition(hub))
      return
    }
    const filter = String(
      (sender.source.filter as Dictionary<{ value?: unknown }>)['apache.org:selector-filter:string']?.value,
    )
    const epoch = (sender.properties as Dictionary<unknown> | undefined)?.['com.microsoft:epoch']
    const subscriber: Subscriber = {
      sender,
      hub: name,
      partition: Number(id),
      group: group.toLowerCase(),
      epoch: epoch === undefined ? undefined : Number(epoch),
      position: positionOf(filter, partition),
      next: 0,
      deaf: false,
    }
    this.attached++
    this.filters.push(filter)
    if (this.#admit(subscriber)) this.#subscribers.add(subscriber)
    this.#pump()
  }

  /** The rules of epochs: the higher or equal newer one wins, and none without an epoch stays beside one that has it. */
  #admit(one: Subscriber): boolean {
    const others = [...this.#subscribers].filter(
      s => s.hub === one.hub && s.partition === one.partition && s.group === one.group,
    )
    const highest = Math.max(...others.flatMap(({ epoch }) => (epoch === undefined ? [] : [epoch])))
    if (one.epoch === undefined) {
      if (highest >= 0) {
        const why = `At least one receiver for the endpoint is created with epoch of '${highest}', and so non-epoch receiver is not allowed.`
        fail(one.sender, { condition: 'amqp:link:stolen', description: why })
        return false
      }
      if (others.length < nonEpochReceivers) return true
      const why = `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${nonEpochReceivers}.`
      fail(one.sender, { condition: 'amqp:resource-limit-exceeded', description: why })
      return false
    }
    if (highest > one.epoch) {
      fail(one.sender, {
        condition: 'amqp:link:stolen',
        description: `Receiver with a higher epoch '${highest}' already exists.`,
      })
      return false
    }
    for (const { sender } of others) {
      fail(sender, {
        condition: 'amqp:link:stolen',
        description: `New receiver with higher epoch of '${one.epoch}' is created hence current receiver is getting disconnected.`,
      })
    }
    return true
  }

  #pump(): void {
    for (const subscriber of this.#subscribers) {
      const { sender, partition, hub, position } = subscriber
      const log = this.#hubs.get(hub)?.partitions[partition]
      while (log !== undefined && !subscriber.deaf && sender.is_open() && sender.sendable()) {
        const event = log.next(subscriber.next, position)
        if (event === undefined || event.sequenceNumber >= (this.#paused.get(partition) ?? Infinity)) break
        subscriber.next = event.sequenceNumber + 1
        const { body, properties, partitionKey, sequenceNumber, enqueuedTime } = event
        const data: unknown = body instanceof Uint8Array ? rhea.message.data_section(Buffer.from(body)) : body
        sender.send({
          body: data,
          ...(properties === undefined ? {} : { application_properties: properties }),
          message_annotations: {
            'x-opt-sequence-number': rhea.types.wrap_long(sequenceNumber),
            'x-opt-offset': String(sequenceNumber * 100),
            'x-opt-enqueued-time': rhea.types.wrap_timestamp(enqueuedTime),
            ...(partitionKey === undefined ? {} : { 'x-opt-partition-key': partitionKey }),
          },
        })
      }
    }
  }

  /** A client's sender: of events, or of requests. */
  #openReceiver(receiver: Receiver): void {
    const { address } = receiver.target
    receiver.set_target({ address })
    if (address.startsWith('$')) return
    const [name = '', , id] = address.split('/')
    const hub = this.#hubs.get(name)
    if (hub === undefined) fail(receiver, notFound(name))
    else if (id !== undefined && hub.partitions[Number(id)] === undefined) fail(receiver, noPartition(hub))
  }

  #receive({ message, receiver, connection, format }: EventContext & { readonly format?: number }): void {
    if (message === undefined || receiver === undefined) return
    const { address } = receiver.target
    if (!address.startsWith('$')) {
      this.#publish(address, format === batchFormat ? unpack(message as unknown as Buffer) : [message])
      return
    }
    const reply = connection.find_sender((sender: Sender) => sender.name === message.reply_to)
    if (reply === undefined) return
    const answer =
      address === '$cbs'
        ? tokenAnswer(this.tokenStatus)
        : managementAnswer(this.#hubs, message.application_properties ?? {})
    reply.send({ correlation_id: message.message_id, ...answer } as unknown as Message)
  }

  #publish(address: string, messages: readonly Message[]): void {
    const [name = '', , id] = address.split('/')
    const { partitions } = this.hub(name)
    for (const message of messages) {
      const key = message.message_annotations?.['x-opt-partition-key'] as string | undefined
      const hash = Buffer.from(key ?? '').reduce((sum, byte) => sum + byte, 0)
      const body: unknown = (message.body as { content?: unknown } | undefined)?.content ?? null
      this.append(
        id === undefined ? hash % partitions.length : Number(id),
        [{ body, partitionKey: key, properties: message.application_properties }],
        name,
      )
    }
  }
}
