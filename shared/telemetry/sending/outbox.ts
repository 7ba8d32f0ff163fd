import type { Receiver } from './receiver.js'

/** How an {@link Outbox} sends. */
export interface OutboxOptions<T> {
  readonly receiver: Receiver
  /** Most items that wait; the oldest give way. */
  readonly most: number
  /** Most items of one message. */
  readonly perMessage: number
  /** How long items are gathered, milliseconds. */
  readonly everyMs: number
  /** One message. */
  readonly encode: (items: readonly T[]) => string
}

/** Items that wait to be sent, a bounded number of them, one message at a time. Adding one never waits and never fails. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  #waiting: T[] = []
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> | undefined

  constructor(options: OutboxOptions<T>) {
    this.#options = options
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.length
  }

  add(item: T): void {
    const { most, everyMs } = this.#options
    if (this.#waiting.length >= most) this.#waiting.shift()
    this.#waiting.push(item)
    this.#timer ??= setTimeout(() => void this.send(), everyMs).unref()
  }

  /** Sends what waits, until it is sent or is not taken. Never throws. */
  send(): Promise<void> {
    this.#turn ??= this.#sendAll().finally(() => {
      this.#turn = undefined
    })
    return this.#turn
  }

  /** Sends what waits, for so many milliseconds at most; what is left then is given up. */
  async close(withinMs: number): Promise<void> {
    const { receiver } = this.#options
    const limit = setTimeout(() => {
      receiver.end()
    }, withinMs)
    await this.#turn
    // A receiver that wants to be left alone is not asked once more: what waits for it is given up.
    if (receiver.waitMs === 0) await this.send()
    clearTimeout(limit)
    clearTimeout(this.#timer)
    receiver.end()
  }

  async #sendAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { receiver, perMessage, most, everyMs, encode } = this.#options
    while (this.#waiting.length > 0) {
      const items = this.#waiting.splice(0, perMessage)
      if ((await receiver.post(encode(items))) !== 'unreached') continue
      this.#waiting = [...items, ...this.#waiting].slice(-most)
      // One that came meanwhile may have set the timer for sooner than the receiver wants.
      clearTimeout(this.#timer)
      const waitMs = Math.max(everyMs, receiver.waitMs)
      this.#timer = receiver.isEnded ? undefined : setTimeout(() => void this.send(), waitMs).unref()
      return
    }
  }
}
