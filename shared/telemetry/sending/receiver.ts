import { reasonText } from '../../errors.js'
import { redactedAddress } from '../../storage/index.js'
import type { Logger } from '../logger.js'
import { protectSecret, redact } from '../redaction.js'
import { HttpPost } from './httpPost.js'

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
  readonly #http: HttpPost
  #isEnded = false
  #isFailing = false

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#http = new HttpPost(options.url)
    for (const value of Object.values(options.headers)) protectSecret(value)
  }

  /** Whether nothing is sent any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Gives up what is under way, and sends nothing more. */
  end(): void {
    this.#isEnded = true
    this.#http.close()
  }

  /** Sends JSON. Never throws. */
  async post(body: string): Promise<Receipt> {
    if (this.isEnded) return 'unreached'
    const { url, headers: own, timeoutMs, what, log } = this.#options
    const headers = { ...own, 'content-type': 'application/json' }
    try {
      const status = await this.#http.send({ headers, body, timeoutMs })
      if (status < 200 || status >= 300) {
        this.#failed(`it answered ${status}`)
        return [408, 429, 502, 503, 504].includes(status) ? 'unreached' : 'refused'
      }
    } catch (thrown) {
      this.#failed(reasonText(thrown))
      return 'unreached'
    }
    if (this.#isFailing) log.info(`${what} are taken again.`, { to: redactedAddress(url) })
    this.#isFailing = false
    return 'taken'
  }

  #failed(why: string): void {
    if (this.#isFailing) return
    this.#isFailing = true
    const { url, what, log } = this.#options
    log.warn(`${what} are not taken; runs go on without.`, { to: redactedAddress(url), error: redact(why) })
  }
}
