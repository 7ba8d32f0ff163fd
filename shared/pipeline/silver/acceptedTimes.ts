import { partitionPoint } from '../../types/index.js'

/** Event times of one key's accepted rows, sorted, each asked for by its neighbourhood. */
export class AcceptedTimes {
  readonly #window: bigint
  readonly #times: bigint[] = []

  /** @param window how far apart two times of one key can be and still mean one event, in the times' own unit */
  constructor(window: bigint) {
    this.#window = window
  }

  /** Takes a time in without asking. */
  add(time: bigint): void {
    this.#times.splice(this.#placeOf(time), 0, time)
  }

  /** Takes a time in unless an accepted one lies within the window. @returns whether it was taken in */
  accept(time: bigint): boolean {
    const place = this.#placeOf(time)
    const before = this.#times[place - 1]
    const after = this.#times[place]
    if (before !== undefined && time - before <= this.#window) return false
    if (after !== undefined && after - time <= this.#window) return false
    this.#times.splice(place, 0, time)
    return true
  }

  clear(): void {
    this.#times.length = 0
  }

  /** How many times are smaller. */
  #placeOf(time: bigint): number {
    // Times mostly come in order, so the end is where to look first.
    const last = this.#times.at(-1)
    if (last === undefined || last < time) return this.#times.length
    return partitionPoint(this.#times.length, i => (this.#times[i] as bigint) < time)
  }
}
