import type { Clock } from '../../shared/clock.js'
import { MemoryStore, type ObjectStore, type ObjectWriter } from '../../shared/storage/index.js'

/** A store in memory whose every request takes time, half of it until it takes effect, as over a network. */
export class SlowStore extends MemoryStore {
  readonly #clock: Clock
  readonly #ms: () => number

  /** @param ms how long the next request takes */
  constructor(inner: MemoryStore, clock: Clock, ms: () => number) {
    super(clock)
    this.#clock = clock
    this.#ms = ms
    for (const name of ['get', 'head', 'put', 'putIfAbsent', 'delete', 'now', 'folders'] as const) {
      const act = inner[name].bind(inner) as (...args: readonly unknown[]) => Promise<unknown>
      Object.assign(this, { [name]: (...args: readonly unknown[]) => this.#slowly(() => act(...args)) })
    }
    this.create = path => this.#slowly((): Promise<ObjectWriter> => inner.create(path))
    this.within = prefix => new SlowStore(inner.within(prefix), clock, ms)
    this.list = (prefix, options) => this.#listed(inner, prefix, options)
  }

  async *#listed(inner: ObjectStore, prefix: string, options?: { readonly startAfter?: string | undefined }) {
    await this.#clock.sleep(this.#ms())
    yield* inner.list(prefix, options)
  }

  async #slowly<T>(act: () => Promise<T>): Promise<T> {
    const ms = this.#ms()
    await this.#clock.sleep(ms / 2)
    const done = await act()
    await this.#clock.sleep(ms / 2)
    return done
  }
}
