/** An event as a producer sent it. Bodies that are no bytes become an AMQP value, as other clients send them. */
export interface SentEvent {
  readonly body: unknown
  readonly partitionKey?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** Milliseconds since 1970; the hub's clock when absent. */
  readonly enqueuedTime?: number | undefined
}

export interface StoredEvent extends SentEvent {
  readonly sequenceNumber: number
  readonly enqueuedTime: number
}

/** Which events a receiver wants: those beyond a place in the partition. */
export type Position = (event: StoredEvent) => boolean

/** The log of one partition, with what a service does to it. */
export class HubPartition {
  #events: StoredEvent[] = []
  #begin = 0
  #next = 0
  #lastTime = 0

  append(event: SentEvent): void {
    const enqueuedTime = event.enqueuedTime ?? Math.max(Date.now(), this.#lastTime)
    this.#events.push({ ...event, sequenceNumber: this.#next++, enqueuedTime })
    this.#lastTime = enqueuedTime
  }

  /** Retention: events below that sequence number are gone. */
  trim(sequenceNumber: number): void {
    this.#begin = Math.max(this.#begin, sequenceNumber)
    this.#events = this.#events.filter(event => event.sequenceNumber >= this.#begin)
  }

  /** Compaction: those events are gone, and their sequence numbers are not given out again. */
  compactAway(sequenceNumbers: readonly number[]): void {
    this.#events = this.#events.filter(event => !sequenceNumbers.includes(event.sequenceNumber))
  }

  /** The first event at or beyond `from` that the position lets through. */
  next(from: number, position: Position): StoredEvent | undefined {
    return this.#events.find(event => event.sequenceNumber >= from && position(event))
  }

  /** As the management node tells it. */
  get properties() {
    const last = this.#next - 1
    return {
      begin_sequence_number: this.#begin,
      last_enqueued_sequence_number: last,
      last_enqueued_offset: String(last * 100),
      last_enqueued_time_utc: new Date(this.#lastTime),
      is_partition_empty: this.#begin > last,
    }
  }
}

/** One event hub: its partitions, its consumer groups and when it was created. */
export class Hub {
  readonly name: string
  readonly partitions: readonly HubPartition[]
  readonly consumerGroups: Set<string>
  readonly createdOn: Date

  constructor(name: string, partitions: number, consumerGroups: Iterable<string>, createdOn = new Date()) {
    this.name = name
    this.partitions = Array.from({ length: partitions }, () => new HubPartition())
    this.consumerGroups = new Set([...consumerGroups].map(group => group.toLowerCase()))
    this.createdOn = createdOn
  }

  partition(id: number): HubPartition {
    const found = this.partitions[id]
    if (found === undefined) throw new RangeError(`${this.name} has no partition ${id}`)
    return found
  }
}

/**
 * The position that a receiver's filter names: `amqp.annotation.x-opt-offset > '…'`, by sequence number or by time.
 */
export function positionOf(filter: string, hub: HubPartition): Position {
  const match = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'$/.exec(filter)
  if (match === null) throw new Error(`The server does not understand the filter ${filter}`)
  const [, by, operator, text] = match
  if (text === '@latest') {
    const last = hub.properties.last_enqueued_sequence_number
    return ({ sequenceNumber }) => sequenceNumber > last
  }
  const bound = Number(text)
  const of = ({ sequenceNumber, enqueuedTime }: StoredEvent) =>
    by === 'offset' ? sequenceNumber * 100 : by === 'enqueued-time' ? enqueuedTime : sequenceNumber
  return operator === '>=' ? event => of(event) >= bound : event => of(event) > bound
}
