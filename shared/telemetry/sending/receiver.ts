import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import { reasonText } from '../../errors.js'
import { redactedAddress } from '../../storage/index.js'
import type { Logger } from '../logger.js'
import { protectSecret, redact } from '../redaction.js'
import { type Answer, HttpPost } from './httpPost.js'
import { retryAfterMs } from './retryAfter.js'

/** Where messages are sent by HTTP. */
export interface ReceiverOptions {
  readonly url: string
  /** Their values are kept out of all that is logged. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Whether messages are sent compressed. */
  readonly gzip?: boolean | undefined
  /** What is sent, for the log: `Spans`. */
  readonly what: string
  /** What an answer to a message that was taken says against a part of it, if anything. */
  readonly remarkOf?: ((body: string) => string | undefined) | undefined
  readonly log: Logger
}

/** What became of a message: taken, to be sent again later, or not wanted whenever it comes. */
export type Receipt = 'taken' | 'unreached' | 'refused'

/** How often a receiver's remarks on messages that it takes are in the log. */
const remarkEveryMs = 60_000
/** Longest text of an answer in the log, in characters. */
const longestText = 500

const compressed = promisify(gzip)

/**
 * Someone who is told of runs, at best: it may be down, slow or wrong, and nobody waits for it. It is in the log once when
 * that begins, and once when it is over.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  readonly #http: HttpPost
  #isEnded = false
  #isFailing = false
  #notBefore = -Infinity
  #remarkedAt = -Infinity

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#http = new HttpPost(options.url)
    for (const value of Object.values(options.headers)) protectSecret(value)
  }

  /** Whether nothing is sent any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** How long it wants to be left alone, milliseconds: what it said with its last answer. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - performance.now())
  }

  /** Gives up what is under way, and sends nothing more. */
  end(): void {
    this.#isEnded = true
    this.#http.close()
  }

  /** Sends JSON. Never throws. */
  async post(text: string): Promise<Receipt> {
    if (this.isEnded) return 'unreached'
    const { url, headers: own, timeoutMs, what, log } = this.#options
    const encoding = this.#options.gzip === true ? { 'content-encoding': 'gzip' } : {}
    const headers = { ...own, 'content-type': 'application/json', ...encoding }
    try {
      const body = this.#options.gzip === true ? await compressed(text) : text
      const answer = await this.#http.send({ headers, body, timeoutMs })
      if (answer.status < 200 || answer.status >= 300) return this.#refused(answer)
      if (this.#isFailing) log.info(`${what} are taken again.`, { to: redactedAddress(url) })
      this.#isFailing = false
      this.#remark(answer.body)
      return 'taken'
    } catch (thrown) {
      this.#failed(reasonText(thrown))
      return 'unreached'
    }
  }

  #refused({ status, retryAfter, body }: Answer): Receipt {
    const said = body.trim().slice(0, longestText)
    this.#failed(`it answered ${status}${said === '' ? '' : `: ${said}`}`)
    if ([429, 503].includes(status)) this.#notBefore = performance.now() + retryAfterMs(retryAfter, Date.now())
    return [408, 429, 502, 503, 504].includes(status) ? 'unreached' : 'refused'
  }

  #failed(why: string): void {
    if (this.#isFailing) return
    this.#isFailing = true
    const { url, what, log } = this.#options
    log.warn(`${what} are not taken; runs go on without.`, { to: redactedAddress(url), error: redact(why) })
  }

  #remark(body: string): void {
    const { url, what, remarkOf, log } = this.#options
    const remark = remarkOf?.(body)
    if (remark === undefined || performance.now() - this.#remarkedAt < remarkEveryMs) return
    this.#remarkedAt = performance.now()
    log.warn(`${what} are not all taken.`, {
      to: redactedAddress(url),
      error: redact(remark).slice(0, longestText),
    })
  }
}
