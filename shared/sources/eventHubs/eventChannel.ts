import type { EventHubConsumerClient, EventPosition, ReceivedEventData, Subscription } from '@azure/event-hubs'

import { asError } from '../../errors.js'

/** Which partition a channel pulls and from where; an aborted `signal` fails whoever waits for events. */
export interface ChannelOptions {
  readonly partition: number
  readonly startPosition: EventPosition
  readonly maxBatchSize: number
  /** Events the service may send ahead of being asked for. */
  readonly prefetchCount?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** After how long the library reports silence; it asks on all the same. A close waits that long. */
  readonly reportSeconds: number
}

/** A link that does not answer is left behind after that long; the client's own close ends it. */
const closeMs = 5_000

/** One partition's events, pulled: the library gets on with the next batch when it is asked for. */
export class EventChannel {
  readonly #subscription: Subscription
  readonly #signal: AbortSignal | undefined
  readonly #interrupt = (): void => {
    this.#fail(asError(this.#signal?.reason))
  }
  #waiting: { resolve(events: readonly ReceivedEventData[]): void; reject(reason: Error): void } | undefined
  #offered: readonly ReceivedEventData[] | undefined
  #handled: () => void = () => undefined
  #failure: Error | undefined
  #closing = false
  #pause: () => void = () => undefined
  /** Resolves when the library waits for us. */
  #paused = new Promise<void>(pause => (this.#pause = pause))
  #onReport: () => void = () => undefined

  constructor(consumer: EventHubConsumerClient, options: ChannelOptions) {
    const { partition, startPosition, maxBatchSize, prefetchCount = maxBatchSize, signal, reportSeconds } = options
    this.#signal = signal
    if (signal?.aborted === true) this.#interrupt()
    signal?.addEventListener('abort', this.#interrupt, { once: true })
    this.#subscription = consumer.subscribe(
      String(partition),
      {
        processEvents: events => this.#offer(events),
        processError: error => {
          // It waits for us no more.
          this.#pause()
          this.#fail(error)
          return Promise.resolve()
        },
      },
      { startPosition, maxBatchSize, prefetchCount, maxWaitTimeInSeconds: reportSeconds, skipParsingBodyAsJson: true },
    )
  }

  /**
   * Resolves when the link has stood for as long as the library waits before it reports, and rejects when it was refused.
   * Nothing is to be read from the channel afterwards.
   */
  attached(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#closing = true
      this.#onReport = resolve
      if (this.#failure !== undefined) reject(this.#failure)
      else
        this.#waiting = {
          resolve: () => {
            resolve()
          },
          reject,
        }
    })
  }

  /** The next events; none when nothing came for `ms`, which says nothing about whether there are any. */
  next(ms: number): Promise<readonly ReceivedEventData[]> {
    if (this.#offered !== undefined) {
      const events = this.#offered
      this.#offered = undefined
      return Promise.resolve(events)
    }
    this.#handled()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle()?.resolve([])
      }, ms)
      this.#waiting = {
        resolve: events => {
          clearTimeout(timer)
          resolve(events)
        },
        reject: reason => {
          clearTimeout(timer)
          reject(reason)
        },
      }
    })
  }

  /**
   * Lets go of the link. Where the library is asking for events, it is waited for: interrupted, it would end the session
   * under events that are still on their way, and acknowledge them all the same, which may cost the whole connection.
   */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#interrupt)
    this.#closing = true
    await within(closeMs, this.#paused)
    const closed = this.#subscription.close()
    this.#handled()
    await within(
      closeMs,
      closed.catch(() => undefined),
    )
  }

  #offer(events: readonly ReceivedEventData[]): Promise<void> {
    this.#onReport()
    if (events.length === 0 && !this.#closing) return Promise.resolve()
    const waiting = events.length === 0 ? undefined : this.#settle()
    if (waiting === undefined) this.#offered = events
    else waiting.resolve(events)
    this.#pause()
    return new Promise(handled => {
      this.#handled = () => {
        this.#paused = new Promise(pause => (this.#pause = pause))
        handled()
      }
    })
  }

  #fail(reason: Error): void {
    this.#failure ??= reason
    this.#settle()?.reject(reason)
  }

  #settle() {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }
}

async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([promise, new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
