import { type Fault, Faults, type StorageOperation } from '../../shared/storage/faults/index.js'

/** The process dies with its n-th write, which takes effect or does not; nothing that it does later reaches the store. */
export class Death extends Faults {
  readonly #at: number
  readonly #takesEffect: boolean
  writes = 0

  constructor(at: number, takesEffect: boolean) {
    super()
    this.#at = at
    this.#takesEffect = takesEffect
  }

  override take(operation: StorageOperation): Fault | undefined {
    const dead: Fault = { kind: 'fail', retryable: false }
    if (this.writes > this.#at) return dead
    if (!['put', 'putIfAbsent', 'close', 'delete'].includes(operation)) return undefined
    this.writes++
    if (this.writes <= this.#at) return undefined
    return this.#takesEffect ? { kind: 'loseAnswer' } : dead
  }
}
