import { formatName, type Stream } from '../../contract/index.js'
import type { ProducedRecord } from '../source.js'
import { contractEvents } from './contractEvents.js'
import type { EventGenerator, SyntheticGenerator } from './eventGenerator.js'
import { sampleEvents } from './sampleEvents.js'

/** What synthetic records are drawn by: the same options give the same records. */
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
  /** Percent of good events whose value is far from what its type has; the sample stream's only. */
  readonly anomalies?: number
  /** The stream's `allowedLateness`: late events are older than that. */
  readonly allowedLatenessMs?: number
  /** The stream's `dedupeWithin`: duplicates are not further apart. */
  readonly dedupeWithinMs?: number
}

/** What a pipeline should find in the records taken so far. */
export interface SyntheticExpectation {
  readonly records: number
  /** Good records, duplicates and late ones among them. */
  readonly valid: number
  /** Different keys among the good records: the rows of silver. */
  readonly distinct: number
  readonly duplicates: number
  readonly late: number
  /** By the kind of what is wrong with them. */
  readonly broken: Readonly<Record<string, number>>
  readonly tombstones: number
  readonly anomalies: number
}

// Events that may be repeated: the last so many.
const duplicateReach = 1_000

interface PastEvent {
  readonly time: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Where the ids of a seed begin: those of another one are others, as far as four thousand million events reach. */
export function firstIdOf(seed: number): number {
  return (seed % 2 ** 20) * 2 ** 32 + 1
}

/**
 * What a run at that moment draws its events by. Without a seed it has ids of its own, or a second run would be nothing
 * but duplicates.
 *
 * @param now milliseconds
 */
export function drawnBy(seed: number | undefined, now: number): Required<Pick<SyntheticOptions, 'seed' | 'firstId'>> {
  return seed === undefined ? { seed: now % 2 ** 31, firstId: now * 1000 } : { seed, firstId: firstIdOf(seed) }
}

/**
 * Events from a seed, the same every time: good ones, with late, repeated and broken ones and tombstones among them.
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
  readonly #generator: EventGenerator
  readonly #past: PastEvent[] = []
  #time: number
  #nextId: number
  readonly #counts = { records: 0, valid: 0, distinct: 0, duplicates: 0, late: 0, tombstones: 0, anomalies: 0 }
  readonly #broken = new Map<string, number>()

  /** @param generator what the events are; the sample stream's when absent */
  constructor(options: SyntheticOptions = {}, generator: EventGenerator = sampleEvents()) {
    this.#generator = generator
    for (const kind of generator.brokenKinds) this.#broken.set(kind, 0)
    this.#options = {
      seed: 1,
      startTime: Date.UTC(2025, 3, 1, 17, 37, 57),
      intervalMs: 5,
      firstId: 1,
      duplicates: 1,
      late: 2,
      broken: 1,
      tombstones: 0.1,
      anomalies: 0.2,
      allowedLatenessMs: 600_000,
      dedupeWithinMs: 86_400_000,
      ...options,
    }
    const { seed, startTime, firstId } = this.#options
    this.#random = randomFrom(seed)
    this.#time = startTime
    this.#nextId = firstId
  }

  get expected(): SyntheticExpectation {
    return { ...this.#counts, broken: Object.fromEntries(this.#broken) }
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
    if (past !== undefined)
      return draw < duplicates ? this.#duplicate(past, timestamp) : this.#tombstone(past, timestamp)
    const id = this.#nextId++
    const aside = duplicates + tombstones
    const { brokenKinds } = this.#generator
    if (draw >= aside && draw < aside + broken && brokenKinds.length > 0) {
      const kind = brokenKinds[Math.floor(this.#random() * brokenKinds.length)] ?? ''
      this.#broken.set(kind, (this.#broken.get(kind) ?? 0) + 1)
      return { ...this.#generator.broken(kind, id, timestamp, this.#random), timestamp }
    }
    const isLate = draw >= aside + broken && draw < aside + broken + late
    const eventTime = isLate
      ? timestamp - this.#options.allowedLatenessMs - 1_000 - Math.floor(this.#random() * 3_600_000)
      : timestamp
    const { key, value, isAnomaly, isRepeat } = this.#generator.event(
      id,
      eventTime,
      this.#random,
      this.#options.anomalies,
    )
    this.#counts.valid++
    if (isRepeat) this.#counts.duplicates++
    else this.#counts.distinct++
    if (isAnomaly) this.#counts.anomalies++
    if (isLate) this.#counts.late++
    else if (!isRepeat) this.#remember({ time: timestamp, key, value })
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
    const reach = Math.min(this.#options.allowedLatenessMs / 2, this.#options.dedupeWithinMs)
    const isRecent = ({ time }: PastEvent): boolean => Math.abs(timestamp - time) <= reach
    const any = this.#past[Math.floor(this.#random() * this.#past.length)]
    if (any === undefined || isRecent(any)) return any
    return this.#past.findLast(isRecent)
  }

  #remember(event: PastEvent): void {
    if (this.#past.length < duplicateReach) this.#past.push(event)
    else this.#past[(this.#counts.distinct - this.#counts.late) % duplicateReach] = event
  }
}

/**
 * What synthetic events of a stream are made by: the sample's, with values that its model knows, where the contract takes
 * them; otherwise whatever the contract accepts. A contract that accepts nothing that can be drawn says why, and so does
 * a stream of another format: what is no value of it would be nothing but rejected records.
 */
export function syntheticGenerator(stream: Stream): SyntheticGenerator {
  if (stream.format !== 'json')
    return { kind: 'none', why: `its values are ${formatName(stream.format)}, and synthetic events are JSON` }
  const sample = sampleEvents()
  const { value } = sample.event(1, Date.UTC(2025, 3, 1), () => 0.5, 0)
  const isSample =
    stream.key === 'event_id' && stream.columns.length === 4 && stream.parse(value, Date.UTC(2025, 3, 1)).valid
  return isSample ? { kind: 'generator', generator: sample } : contractEvents(stream)
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
