import { type Clock } from '../../../shared/clock.js'
import { asError } from '../../../shared/errors.js'
import type { Logger } from '../../../shared/telemetry/index.js'
import { type RetryOptions } from './coreModule.js'
import { type KafkaHostSettings } from './hostSettings.js'

/** What the listener needs to know of a record. */
export interface Positioned {
  readonly partition: number
  readonly offset: bigint
}

/** The next offset to read, by partition. */
export type NextOffsets = ReadonlyMap<number, bigint>

/** What a listener runs, where it stores offsets, and the policies it follows. */
export interface ListenerParts<R extends Positioned> {
  /** Runs the function once over a batch; an error is the function's failure. */
  execute(batch: readonly R[], retryCount: number): Promise<Error | undefined>
  /** Commits to the consumer group. What could not be committed is tried again, as librdkafka does. */
  store(next: NextOffsets): Promise<void>
  readonly retry: RetryOptions | undefined
  readonly settings: Pick<
    KafkaHostSettings,
    'maxBatchSize' | 'subscriberIntervalInSeconds' | 'commitOnFailure' | 'maxRetries' | 'queuedMaxMessagesKbytes'
  >
  /** Bytes of a record. */
  sizeOf(record: R): number
  readonly clock: Clock
  readonly log: Logger
}

interface Taken<R> {
  readonly record: R
  readonly assignment: number
  readonly size: number
}

/**
 * The rules by which the Kafka extension turns polled records into invocations of one function (cardinality many):
 * one list across all partitions, passed on when it is full or the interval is over; one invocation at a time; the
 * function's retry policy inside, rounds of the same batch outside; offsets stored only once a batch is done with.
 *
 * The list is also librdkafka's queue: it takes no more while it holds that many bytes, and is passed on then, as the
 * extension does when a poll brings nothing.
 */
export class KafkaListener<R extends Positioned> {
  readonly #parts: ListenerParts<R>
  readonly #stopping = new AbortController()
  #assignment = 0
  /** Done with, in this assignment, and not yet known to be committed. */
  readonly #uncommitted = new Map<number, bigint>()
  #list: Taken<R>[] = []
  /** Bytes of the list. */
  #size = 0
  #room: (() => void)[] = []
  #wake: (() => void) | undefined
  #windowStart: number
  readonly #loop: Promise<void>

  constructor(parts: ListenerParts<R>) {
    this.#parts = parts
    this.#windowStart = parts.clock.monotonic()
    this.#loop = this.#run()
  }

  /** Takes polled records, in poll order; resolves when there is room for more. */
  async offer(records: readonly R[]): Promise<void> {
    if (this.#isStopped()) return
    const assignment = this.#assignment
    for (const record of records) {
      const size = this.#parts.sizeOf(record)
      this.#list.push({ record, assignment, size })
      this.#size += size
    }
    this.#wake?.()
    while (this.#isFull()) await new Promise<void>(resolve => this.#room.push(resolve))
  }

  /**
   * The group was rebalanced: what was polled and not yet executed will be polled again by whoever owns it, and a batch
   * that is executing may not store its offsets.
   */
  reassigned(): void {
    this.#assignment++
    this.#uncommitted.clear()
    this.#list = []
    this.#size = 0
    this.#freeRoom()
  }

  /** Lets the running invocation finish and its offsets be stored; starts nothing more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The listener is stopping.'))
    this.#freeRoom()
    this.#wake?.()
    await this.#loop
    await this.#commit()
  }

  /** One batch executes, one waits, as with the extension's channel of one. */
  #isFull(): boolean {
    return (this.#list.length >= 2 * this.#parts.settings.maxBatchSize || this.#isHeavy) && !this.#isStopped()
  }

  get #isHeavy(): boolean {
    return this.#size >= this.#parts.settings.queuedMaxMessagesKbytes * 1024
  }

  #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      if (this.#list.length === 0) {
        await this.#idle()
      } else if (this.#list.length >= this.#parts.settings.maxBatchSize || this.#isHeavy || this.#windowLeft() <= 0) {
        await this.#deliver(this.#take())
      } else await this.#newRecords(this.#windowLeft())
    }
  }

  /** Nothing is there to be passed on: meanwhile what could not be committed is tried again. */
  async #idle(): Promise<void> {
    await this.#newRecords(this.#uncommitted.size === 0 ? undefined : commitRetryMs)
    if (this.#list.length === 0 && !this.#isStopped()) await this.#commit()
    this.#alignWindow()
  }

  /** Windows follow one another without a pause, also while nothing arrives. */
  #alignWindow(): void {
    const passed = this.#parts.clock.monotonic() - this.#windowStart
    this.#windowStart += Math.floor(passed / this.#interval) * this.#interval
  }

  #windowLeft(): number {
    return this.#windowStart + this.#interval - this.#parts.clock.monotonic()
  }

  get #interval(): number {
    return this.#parts.settings.subscriberIntervalInSeconds * 1000
  }

  /** Waits for the list to grow or, at most, for `ms`. */
  async #newRecords(ms: number | undefined): Promise<void> {
    const woken = new AbortController()
    const wait = new Promise<void>(resolve => {
      this.#wake = () => {
        woken.abort(new Error('woken'))
        resolve()
      }
    })
    if (ms === undefined) await wait
    else await Promise.race([wait, this.#parts.clock.sleep(ms, woken.signal).catch(() => undefined)])
    this.#wake = undefined
  }

  #take() {
    const batch = this.#list.splice(0, this.#parts.settings.maxBatchSize)
    for (const { size } of batch) this.#size -= size
    this.#windowStart = this.#parts.clock.monotonic()
    this.#freeRoom()
    return batch
  }

  #freeRoom(): void {
    const waiting = this.#room
    this.#room = []
    for (const resume of waiting) resume()
  }

  async #deliver(taken: readonly Taken<R>[]): Promise<void> {
    const { commitOnFailure, maxRetries } = this.#parts.settings
    const batch = taken.map(t => t.record)
    const assignment = taken[0]?.assignment ?? 0
    for (let round = 0; ; round++) {
      const error = await this.#execute(batch)
      if (error === undefined) return this.#store(batch, assignment)
      if (this.#isStopped()) return
      if (commitOnFailure || (maxRetries >= 0 && round >= maxRetries)) {
        this.#parts.log.error(`${batch.length} records are passed over: their batch failed ${round + 1} rounds`, {
          error: error.message,
        })
        return this.#store(batch, assignment)
      }
      // The extension starts the next round without a delay; other work must still get its turn on this event loop.
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** One round: the function's own retry policy, in place, until it succeeds or gives up. */
  async #execute(batch: readonly R[]): Promise<Error | undefined> {
    const limit = this.#parts.retry?.maxRetryCount ?? 0
    for (let retries = 0; ; retries++) {
      const error = await this.#parts.execute(batch, retries)
      if (error === undefined || (limit !== -1 && retries >= limit) || this.#isStopped()) return error
      await this.#parts.clock
        .sleep(retryDelay(this.#parts.retry, retries + 1), this.#stopping.signal)
        .catch(() => undefined)
      if (this.#isStopped()) return error
    }
  }

  async #store(batch: readonly R[], assignment: number): Promise<void> {
    if (assignment !== this.#assignment) {
      this.#parts.log.warn('Offsets of a batch were not stored: the group rebalanced meanwhile')
      return
    }
    for (const r of batch) this.#uncommitted.set(r.partition, r.offset + 1n)
    await this.#commit()
  }

  async #commit(): Promise<void> {
    if (this.#uncommitted.size === 0) return
    const next = new Map(this.#uncommitted)
    try {
      await this.#parts.store(next)
      for (const [partition, offset] of next)
        if (this.#uncommitted.get(partition) === offset) this.#uncommitted.delete(partition)
    } catch (thrown) {
      this.#parts.log.error('Commit error', { error: asError(thrown).message })
    }
  }
}

/** librdkafka's `auto.commit.interval.ms`. */
const commitRetryMs = 5_000

/** Milliseconds before the given retry (from 1), without the jitter of the platform. */
export function retryDelay(retry: RetryOptions | undefined, attempt: number): number {
  const ms = (d: RetryOptions['delayInterval']) => (d?.seconds ?? 0) * 1000 + (d?.nanos ?? 0) / 1e6
  if (retry === undefined) return 0
  if (/fixed/i.test(retry.retryStrategy ?? '')) return ms(retry.delayInterval)
  const smallest = ms(retry.minimumInterval)
  return Math.min(ms(retry.maximumInterval) || smallest, smallest * 2 ** Math.min(attempt - 1, 30))
}
