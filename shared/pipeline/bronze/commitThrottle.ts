import type { Clock } from '../../clock.js'

/** Keeps one process's commits on one table apart by a smallest interval, so that small batches do not flood its log. */
export class CommitThrottle {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #last = new Map<string, number>()

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  /** Resolves when it is this commit's turn on the table; of several at once each has a turn of its own. */
  async wait(table: string): Promise<void> {
    const now = this.#clock.monotonic()
    const turn = Math.max(now, (this.#last.get(table) ?? -Infinity) + this.#intervalMs)
    this.#last.set(table, turn)
    if (turn > now) await this.#clock.sleep(turn - now)
  }

  committed(table: string): void {
    this.#last.set(table, Math.max(this.#clock.monotonic(), this.#last.get(table) ?? -Infinity))
  }
}
