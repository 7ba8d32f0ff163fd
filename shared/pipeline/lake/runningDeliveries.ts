import type { Clock } from '../../clock.js'

/** Less than so many milliseconds of its own are not worth a pause of long work. */
const leastMs = 5

/**
 * The deliveries that this process is at work on. Events wait for each of them, while maintenance can wait: on one event
 * loop each of its steps would hold up each of theirs.
 */
export class RunningDeliveries {
  #running = 0
  #settled = Promise.withResolvers<undefined>()

  /** Does the work of a delivery. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await work()
    } finally {
      if (--this.#running === 0) {
        this.#settled.resolve(undefined)
        this.#settled = Promise.withResolvers<undefined>()
      }
    }
  }

  /**
   * What long work calls between its steps: it waits until no delivery is under way, in all no longer than the work has
   * taken by itself, so that deliveries without end make it take twice as long and never stop it.
   */
  lettingPass(clock: Clock): () => Promise<void> {
    const began = clock.monotonic()
    let waited = 0
    return async () => {
      if (this.#running === 0) return
      const now = clock.monotonic()
      const left = now - began - 2 * waited
      if (left < leastMs) return
      const patience = new AbortController()
      const late = clock.sleep(left, patience.signal)
      late.catch(() => undefined)
      await Promise.race([this.#settled.promise, late])
      patience.abort(new Error('done'))
      waited += clock.monotonic() - now
    }
  }
}
