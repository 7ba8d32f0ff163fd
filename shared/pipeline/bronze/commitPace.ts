import type { Clock } from '../../clock.js'

/** Keeps one process's commits on one table apart by a smallest interval, so that small batches do not flood its log. */
export class CommitPace {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #last = new Map<string, number>()

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  /** Resolves when the table may be committed to again. */
  async wait(table: string): Promise<void> {
    const last = this.#last.get(table)
    if (last === undefined) return
    const left = last + this.#intervalMs - this.#clock.monotonic()
    if (left > 0) await this.#clock.sleep(left)
  }

  committed(table: string): void {
    this.#last.set(table, this.#clock.monotonic())
  }
}
