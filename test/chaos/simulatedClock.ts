import type { Clock } from '../../shared/clock.js'

/**
 * Time that passes only while everybody sleeps: whoever has something to do does it in no time, and then the one who
 * wakes first is woken. A run of minutes takes seconds, and is the same again for the same seed.
 */
export class SimulatedClock implements Clock {
  #now = Date.UTC(2025, 0, 1)
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  now(): number {
    return Math.floor(this.#now)
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number): Promise<void> {
    return new Promise(wake => {
      this.#sleepers.push({ at: this.#now + ms, wake })
    })
  }

  /** Lets time pass until `work` has ended. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { ended: false }
    const end = () => {
      state.ended = true
    }
    work.then(end, end)
    for (;;) {
      // Everything that is ready, and all that follows from it, comes before this.
      await new Promise(setImmediate)
      if (state.ended) return work
      const next = this.#sleepers.reduce<number>(
        (first, { at }, i) => (at < (this.#sleepers[first]?.at ?? Infinity) ? i : first),
        0,
      )
      const [sleeper] = this.#sleepers.splice(next, 1)
      if (sleeper === undefined) continue
      this.#now = Math.max(this.#now, sleeper.at)
      sleeper.wake()
    }
  }
}
