import type { Clock } from '../../clock.js'
import type { RegisteredSchema, SchemaRegistry } from './schemaRegistry.js'

/** How long it is remembered that a registry has no schema of an id, in milliseconds. */
export const unknownForMs = 30_000
/** Of how many ids at most. */
const maxUnknown = 1_000

/**
 * A registry whose answers are kept: what an id or a version stands for never changes, so a schema is asked for once.
 * That there is none may change soon. Questions asked at the same time share one request; errors are not kept.
 */
export class CachedRegistry implements SchemaRegistry {
  readonly #registry: SchemaRegistry
  readonly #clock: Clock
  readonly #known = new Map<string, Promise<RegisteredSchema | undefined>>()
  /** When it was found missing; the oldest first. */
  readonly #unknown = new Map<string, number>()

  constructor(registry: SchemaRegistry, clock: Clock) {
    this.#registry = registry
    this.#clock = clock
  }

  byId(id: number): Promise<RegisteredSchema | undefined> {
    return this.#answer(`id ${id}`, () => this.#registry.byId(id))
  }

  byVersion(subject: string, version: number | 'latest'): Promise<RegisteredSchema | undefined> {
    // The latest is another one tomorrow.
    if (version === 'latest') return this.#registry.byVersion(subject, version)
    return this.#answer(`version ${version} of ${subject}`, () => this.#registry.byVersion(subject, version))
  }

  async #answer(question: string, ask: () => Promise<RegisteredSchema | undefined>) {
    const since = this.#unknown.get(question)
    if (since !== undefined && this.#clock.monotonic() - since < unknownForMs) return undefined
    let answer = this.#known.get(question)
    if (answer === undefined) this.#known.set(question, (answer = ask()))
    try {
      const found = await answer
      if (found === undefined) this.#forget(question, true)
      return found
    } catch (error) {
      this.#forget(question, false)
      throw error
    }
  }

  #forget(question: string, isUnknown: boolean): void {
    this.#known.delete(question)
    this.#unknown.delete(question)
    if (!isUnknown) return
    this.#unknown.set(question, this.#clock.monotonic())
    const [oldest] = this.#unknown.keys()
    if (this.#unknown.size > maxUnknown && oldest !== undefined) this.#unknown.delete(oldest)
  }
}
