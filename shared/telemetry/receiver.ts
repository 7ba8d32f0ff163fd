import { asError } from '../errors.js'
import { shownAddress } from '../storage/index.js'
import type { Logger } from './logger.js'
import { protectSecret, redact } from './redaction.js'

/** Where messages are sent by HTTP. */
export interface ReceiverOptions {
  readonly url: string
  /** Their values are kept out of all that is logged. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** What is sent, for the log: `Spans`. */
  readonly what: string
  readonly log: Logger
}

/** What became of a message: taken, to be sent again later, or not wanted whenever it comes. */
export type Receipt = 'taken' | 'unreached' | 'refused'

/**
 * Someone who is told of runs, at best: it may be down, slow or wrong, and nobody waits for it. It is in the log once when
 * that begins, and once when it is over.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  readonly #ending = new AbortController()
  #isFailing = false

  constructor(options: ReceiverOptions) {
    this.#options = options
    for (const value of Object.values(options.headers)) protectSecret(value)
  }

  /** Whether nothing is sent any more. */
  get isEnded(): boolean {
    return this.#ending.signal.aborted
  }

  /** Gives up what is under way, and sends nothing more. */
  end(): void {
    this.#ending.abort(new Error('it is being closed'))
  }

  /** Sends JSON. Never throws. */
  async post(body: string): Promise<Receipt> {
    if (this.isEnded) return 'unreached'
    const { url, headers, timeoutMs, what, log } = this.#options
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        // The headers are for this address and no other.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#ending.signal]),
      })
      await answer.body?.cancel()
      if (!answer.ok) {
        this.#failed(`it answered ${answer.status}`)
        return [408, 429, 502, 503, 504].includes(answer.status) ? 'unreached' : 'refused'
      }
    } catch (thrown) {
      const error = asError(thrown)
      this.#failed(asError(error.cause ?? error).message)
      return 'unreached'
    }
    if (this.#isFailing) log.info(`${what} are taken again.`, { to: shownAddress(url) })
    this.#isFailing = false
    return 'taken'
  }

  #failed(why: string): void {
    if (this.#isFailing) return
    this.#isFailing = true
    const { url, what, log } = this.#options
    log.warn(`${what} are not taken; runs go on without.`, { to: shownAddress(url), error: redact(why) })
  }
}
