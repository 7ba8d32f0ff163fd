import type { Clock } from '../../clock.js'
import { SourceError } from '../sourceError.js'

export interface Patience {
  readonly clock: Clock
  /** Milliseconds without success until the last error is thrown. */
  readonly patienceMs: number
  readonly signal?: AbortSignal | undefined
}

// A topic that was just created is not known to every broker at once.
const topicPatienceMs = 1_000
const firstDelayMs = 50
const longestDelayMs = 2_000

/** Waits longer and longer between attempts, and says when it is enough. */
export class Backoff {
  readonly #patience: Patience
  #since: number
  #delay = firstDelayMs

  constructor(patience: Patience) {
    this.#patience = patience
    this.#since = patience.clock.monotonic()
  }

  /** Something went well: patience is whole again. */
  reset(): void {
    this.#since = this.#patience.clock.monotonic()
    this.#delay = firstDelayMs
  }

  /** Waits before the next attempt. @throws the error itself when it is not worth one, or patience is at its end */
  async wait(error: unknown): Promise<void> {
    const { clock, patienceMs, signal } = this.#patience
    signal?.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    const young = error.code === 'SOURCE_TOPIC_MISSING'
    if (!error.retryable && !young) throw error
    const waited = clock.monotonic() - this.#since
    if (waited + this.#delay > (young ? Math.min(patienceMs, topicPatienceMs) : patienceMs)) throw error
    await clock.sleep(this.#delay * (0.75 + Math.random() * 0.5), signal)
    this.#delay = Math.min(this.#delay * 2, longestDelayMs)
  }

  /** The same for what can be done without: false, and no error, when patience is at its end. */
  async tryAgain(error: SourceError): Promise<boolean> {
    try {
      await this.wait(error)
      return true
    } catch (thrown) {
      if (thrown === error) return false
      throw thrown
    }
  }
}

export async function retrying<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(patience)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      await backoff.wait(error)
    }
  }
}
