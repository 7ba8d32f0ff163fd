import { asError } from '../../errors.js'
import type { EventHubConsumerClient, EventPosition, ReceivedEventData, Subscription } from '@azure/event-hubs'

/**
 * One partition's events, pulled: the library pushes a batch only after the last one was taken. An empty batch means
 * that nothing came for a while.
 */
export class EventChannel {
  readonly #subscription: Subscription
  readonly #signal: AbortSignal | undefined
  readonly #interrupt = (): void => { this.#fail(asError(this.#signal?.reason)); }
  #waiting: { resolve(events: readonly ReceivedEventData[]): void; reject(reason: Error): void } | undefined
  #offered: { readonly events: readonly ReceivedEventData[]; readonly taken: () => void } | undefined
  #failure: Error | undefined
  #closed = false

  constructor(
    consumer: EventHubConsumerClient,
    partitionId: string,
    startPosition: EventPosition,
    maxBatchSize: number,
    maxWaitTimeInSeconds: number,
    signal?: AbortSignal,
  ) {
    this.#signal = signal
    signal?.addEventListener('abort', this.#interrupt, { once: true })
    this.#subscription = consumer.subscribe(
      partitionId,
      {
        processEvents: (events) => this.#offer(events),
        processError: (error) => {
          this.#fail(error)
          return Promise.resolve()
        },
      },
      { startPosition, maxBatchSize, maxWaitTimeInSeconds, skipParsingBodyAsJson: true },
    )
  }

  next(): Promise<readonly ReceivedEventData[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#offered !== undefined) {
      const { events, taken } = this.#offered
      this.#offered = undefined
      taken()
      return Promise.resolve(events)
    }
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#interrupt)
    this.#offered?.taken()
    await this.#subscription.close()
  }

  #offer(events: readonly ReceivedEventData[]): Promise<void> {
    if (this.#closed) return Promise.resolve()
    if (this.#waiting !== undefined) {
      this.#waiting.resolve(events)
      this.#waiting = undefined
      return Promise.resolve()
    }
    return new Promise((taken) => (this.#offered = { events, taken }))
  }

  #fail(reason: Error): void {
    this.#failure ??= reason
    this.#waiting?.reject(reason)
    this.#waiting = undefined
  }
}
