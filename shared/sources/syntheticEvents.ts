import type { ProducedRecord } from './source.js'

/** The kinds of broken events, one as frequent as the other. */
export const brokenKinds = ['notJson', 'missingField', 'badType', 'notFinite', 'futureTime', 'notUtf8'] as const

export type BrokenKind = (typeof brokenKinds)[number]

export interface SyntheticOptions {
  readonly seed?: number
  /** Milliseconds: Kafka's timestamp of the first record. */
  readonly startTime?: number
  /** Milliseconds between two records. */
  readonly intervalMs?: number
  readonly firstId?: number
  /** Percent of all records; so are the next three. */
  readonly duplicates?: number
  readonly late?: number
  readonly broken?: number
  readonly tombstones?: number
  /** Percent of good events whose value is far from what its type has. */
  readonly anomalies?: number
  /** The stream's `allowedLateness`: late events are older than that. */
  readonly allowedLatenessMs?: number
}

/** What a pipeline should find in the records taken so far. */
export interface SyntheticExpectation {
  readonly records: number
  /** Good records, duplicates and late ones among them. */
  readonly valid: number
  /** Different ids among the good records: the rows of silver. */
  readonly distinct: number
  readonly duplicates: number
  readonly late: number
  readonly broken: Readonly<Record<BrokenKind, number>>
  readonly tombstones: number
  readonly anomalies: number
}

interface EventType {
  readonly name: string
  /** Share of the events, up to and with this type. */
  readonly upTo: number
  readonly mean: number
  readonly spread: number
}

const eventTypes: readonly EventType[] = [
  { name: 'click', upTo: 0.5, mean: 2_000, spread: 300 },
  { name: 'view', upTo: 0.8, mean: 300, spread: 60 },
  { name: 'purchase', upTo: 0.95, mean: 8_000, spread: 2_000 },
  { name: 'sign_up', upTo: 1, mean: 50, spread: 10 },
]

// Events that may be repeated: the last so many.
const duplicateReach = 1_000

interface PastEvent {
  readonly time: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Sample events from a seed, the same every time. Pure; no I/O.
 *
 * ```ts
 * const events = new SyntheticEvents({ seed: 1, duplicates: 1, late: 2, broken: 1 })
 * await source.produce('events', events.take(1_000))
 * events.expected.distinct // rows silver should have
 * ```
 */
export class SyntheticEvents {
  readonly #options: Required<SyntheticOptions>
  readonly #random: () => number
  readonly #past: PastEvent[] = []
  #time: number
  #nextId: number
  #isoSecond = NaN
  #isoPrefix = ''
  readonly #counts = { records: 0, valid: 0, distinct: 0, duplicates: 0, late: 0, tombstones: 0, anomalies: 0 }
  readonly #broken: Record<BrokenKind, number> = { notJson: 0, missingField: 0, badType: 0, notFinite: 0, futureTime: 0, notUtf8: 0 }

  constructor(options: SyntheticOptions = {}) {
    this.#options = {
      seed: 1, startTime: Date.UTC(2025, 3, 1, 17, 37, 57), intervalMs: 5, firstId: 1, duplicates: 1, late: 2, broken: 1,
      tombstones: 0.1, anomalies: 0.2, allowedLatenessMs: 600_000, ...options,
    }
    const { seed, startTime, firstId } = this.#options
    this.#random = randomFrom(seed)
    this.#time = startTime
    this.#nextId = firstId
  }

  get expected(): SyntheticExpectation {
    return { ...this.#counts, broken: { ...this.#broken } }
  }

  /**
   * The next records.
   * @param startTime milliseconds, when they are not to follow the last ones
   */
  take(count: number, startTime?: number): ProducedRecord[] {
    if (startTime !== undefined) this.#time = startTime
    const records: ProducedRecord[] = []
    for (let n = 0; n < count; n++) {
      records.push(this.#next(Math.floor(this.#time)))
      this.#time += this.#options.intervalMs
    }
    this.#counts.records += count
    return records
  }

  #next(timestamp: number): ProducedRecord {
    const { duplicates, late, broken, tombstones } = this.#options
    const draw = this.#random() * 100
    const past = draw < duplicates + tombstones ? this.#pastEvent(timestamp) : undefined
    if (past !== undefined) return draw < duplicates ? this.#duplicate(past, timestamp) : this.#tombstone(past, timestamp)
    const id = String(this.#nextId++)
    const key = Buffer.from(id)
    const aside = duplicates + tombstones
    if (draw >= aside && draw < aside + broken) return { key, value: this.#brokenValue(id, timestamp), timestamp }
    const isLate = draw >= aside + broken && draw < aside + broken + late
    const eventTime = isLate ? timestamp - this.#options.allowedLatenessMs - 1_000 - Math.floor(this.#random() * 3_600_000) : timestamp
    const value = Buffer.from(this.#event(id, eventTime))
    this.#counts.valid++
    this.#counts.distinct++
    if (isLate) this.#counts.late++
    else this.#remember({ time: timestamp, key, value })
    return { key, value, timestamp }
  }

  #duplicate({ key, value }: PastEvent, timestamp: number): ProducedRecord {
    this.#counts.duplicates++
    this.#counts.valid++
    return { key, value, timestamp }
  }

  #tombstone({ key }: PastEvent, timestamp: number): ProducedRecord {
    this.#counts.tombstones++
    return { key, value: null, timestamp }
  }

  /** A recent event, so that its duplicate is not late by the distance alone; undefined when all are older. */
  #pastEvent(timestamp: number): PastEvent | undefined {
    const isRecent = ({ time }: PastEvent): boolean => Math.abs(timestamp - time) <= this.#options.allowedLatenessMs / 2
    const any = this.#past[Math.floor(this.#random() * this.#past.length)]
    if (any === undefined || isRecent(any)) return any
    return this.#past.findLast(isRecent)
  }

  #remember(event: PastEvent): void {
    if (this.#past.length < duplicateReach) this.#past.push(event)
    else this.#past[(this.#counts.distinct - this.#counts.late) % duplicateReach] = event
  }

  #event(id: string, eventTime: number): string {
    const draw = this.#random()
    const type = eventTypes.find(({ upTo }) => draw < upTo) as EventType
    const isAnomaly = this.#random() * 100 < this.#options.anomalies
    if (isAnomaly) this.#counts.anomalies++
    const usual = type.mean + (this.#random() + this.#random() + this.#random() - 1.5) * 2 * type.spread
    const value = isAnomaly ? type.mean * (8 + Math.floor(this.#random() * 12)) : usual
    return this.#json(id, type.name, this.#iso(eventTime), String(Math.round(value)))
  }

  #json(id: string, type: string, timestamp: string, value: string): string {
    return `{"event_id":"${id}","event_type":"${type}","timestamp":"${timestamp}","value":"${value}"}`
  }

  #brokenValue(id: string, timestamp: number): Uint8Array {
    const kind = brokenKinds[Math.floor(this.#random() * brokenKinds.length)] as BrokenKind
    this.#broken[kind]++
    const time = this.#iso(timestamp)
    switch (kind) {
      case 'notJson':
        return Buffer.from(this.#json(id, 'click', time, '1').slice(0, -2))
      case 'missingField':
        return Buffer.from(`{"event_id":"${id}","timestamp":"${time}","value":"1"}`)
      case 'badType':
        return Buffer.from(`{"event_id":"${id}","event_type":"click","timestamp":"${time}","value":[1]}`)
      case 'notFinite':
        return Buffer.from(this.#json(id, 'click', time, 'NaN'))
      case 'futureTime':
        return Buffer.from(this.#json(id, 'click', this.#iso(timestamp + 86_400_000), '1'))
      case 'notUtf8':
        return Buffer.concat([Buffer.from(`{"event_id":"${id}","event_type":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    }
  }

  /** As `Date.toISOString`, which is only asked once a second. */
  #iso(time: number): string {
    const second = Math.floor(time / 1_000)
    if (second !== this.#isoSecond) {
      this.#isoSecond = second
      this.#isoPrefix = new Date(second * 1_000).toISOString().slice(0, 20)
    }
    return `${this.#isoPrefix}${String(time - second * 1_000).padStart(3, '0')}Z`
  }
}

/** Mulberry32: numbers from 0 up to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
