import type { Clock } from '../../clock.js'
import { SourceError } from '../sourceError.js'

/** How long an operation is tried again. An aborted `signal` ends it with the signal's reason. */
export interface RetryOptions {
  readonly clock: Clock
  /** Milliseconds without success until the last error is thrown. */
  readonly retryTimeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called when nothing has come of any attempt for two seconds, and now and then after that. */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined
}

/** An operation that is still being tried. */
export interface Waiting {
  /** `asking for the offsets of events` */
  readonly doing: string
  /** What the last attempt came to; undefined while the first one has no answer. */
  readonly error: SourceError | undefined
  /** Milliseconds since anything went well, and those after which the operation gives up. */
  readonly waitedMs: number
  readonly retryTimeoutMs: number
}

const firstNoticeMs = 2_000
const nextNoticeMs = 15_000

// A topic that was just created is not known to every broker at once.
const newTopicRetryMs = 1_000
const firstDelayMs = 50
const longestDelayMs = 2_000

/** Waits longer and longer between attempts, and says when it is enough. */
export class Backoff {
  readonly #options: RetryOptions
  #since: number
  #delay = firstDelayMs
  readonly #doing: string
  #nextNotice: number
  #lastError: SourceError | undefined

  /** @param doing what is tried, for those who wait */
  constructor(options: RetryOptions, doing: string) {
    this.#options = options
    this.#doing = doing
    this.#since = options.clock.monotonic()
    this.#nextNotice = this.#since + firstNoticeMs
  }

  /** Waits for an attempt, and says so while it has no answer. */
  async during<T>(attempt: Promise<T>): Promise<T> {
    if (this.#options.onWaiting === undefined) return attempt
    const answered = new AbortController()
    void this.#announceUntil(answered.signal)
    try {
      return await attempt
    } finally {
      answered.abort(new Error('answered'))
    }
  }

  async #announceUntil(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    try {
      while (!signal.aborted) {
        await clock.sleep(Math.max(0, this.#nextNotice - clock.monotonic()), signal)
        this.#announce()
      }
    } catch {
      // The attempt has its answer.
    }
  }

  #announce(): void {
    const { clock, retryTimeoutMs, onWaiting } = this.#options
    const now = clock.monotonic()
    if (now < this.#nextNotice) return
    this.#nextNotice = now + nextNoticeMs
    onWaiting?.({ doing: this.#doing, error: this.#lastError, waitedMs: now - this.#since, retryTimeoutMs })
  }

  /** Something went well: the timeout is counted from now. */
  reset(): void {
    this.#since = this.#options.clock.monotonic()
    this.#delay = firstDelayMs
    this.#nextNotice = this.#since + firstNoticeMs
    this.#lastError = undefined
  }

  /** Waits before the next attempt. @throws the error itself when it is not worth one, or the timeout is over */
  async wait(error: unknown): Promise<void> {
    const { clock, retryTimeoutMs, signal } = this.#options
    signal?.throwIfAborted()
    if (!(error instanceof SourceError)) throw error
    const young = error.code === 'SOURCE_TOPIC_MISSING'
    if (!error.retryable && !young) throw error
    this.#lastError = error
    const waited = clock.monotonic() - this.#since
    if (waited + this.#delay > (young ? Math.min(retryTimeoutMs, newTopicRetryMs) : retryTimeoutMs)) throw error
    this.#announce()
    await clock.sleep(this.#delay * (0.75 + Math.random() * 0.5), signal)
    this.#delay = Math.min(this.#delay * 2, longestDelayMs)
  }

  /** The same for what can be done without: false, and no error, when the timeout is over. */
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

/** @param doing what is tried, for those who wait */
export async function retrying<T>(options: RetryOptions, doing: string, attempt: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(options, doing)
  for (;;) {
    try {
      return await backoff.during(attempt())
    } catch (error) {
      await backoff.wait(error)
    }
  }
}

/** The `doing` of operations that ask for a topic's offsets; see {@link Waiting}. */
export const offsetsOf = (topic: string): string => `asking for the offsets of ${topic}`
