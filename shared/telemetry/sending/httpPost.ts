import http from 'node:http'
import https from 'node:https'

/** A message to be sent. */
export interface Posted {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** From the first byte to the end of the answer. */
  readonly timeoutMs: number
}

/** What came back. */
export interface Answer {
  readonly status: number
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined
  /** Its beginning. */
  readonly body: string
}

/** Most bytes of an answer that are looked at. */
const mostAnswerBytes = 16_384

/**
 * Posts to one address over one connection that is kept: a few messages a second cost a fifth of what they cost by `fetch`
 * (measured, in processor time). Redirections are answers like any other.
 */
export class HttpPost {
  readonly #url: URL
  readonly #agent: http.Agent
  readonly #request: typeof http.request

  constructor(url: string) {
    this.#url = new URL(url)
    const options = { keepAlive: true, maxSockets: 1 }
    const isPlain = this.#url.protocol === 'http:'
    this.#agent = isPlain ? new http.Agent(options) : new https.Agent(options)
    this.#request = isPlain ? http.request : https.request
  }

  /**
   * Sends, and gives the answer.
   * @throws what kept the message from being answered
   */
  async send(message: Posted): Promise<Answer> {
    try {
      return await this.#send(message)
    } catch (thrown) {
      // The other side may close a kept connection at the moment at which it is used again.
      if (thrown instanceof ConnectionClosed) return await this.#send(message)
      throw thrown
    }
  }

  /** Ends what is under way, and the connection. */
  close(): void {
    this.#agent.destroy()
  }

  #send({ headers, body, timeoutMs }: Posted): Promise<Answer> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    return new Promise((resolve, reject) => {
      const about = { ...headers, 'content-length': String(bytes.length) }
      const request = this.#request(this.#url, { method: 'POST', agent: this.#agent, headers: about })
      const limit = setTimeout(() => {
        request.destroy(new Error(`no answer within ${timeoutMs} ms`))
      }, timeoutMs)
      request.on('response', answer => {
        const chunks: Buffer[] = []
        let length = 0
        answer.on('data', (chunk: Buffer) => {
          if (length < mostAnswerBytes) chunks.push(chunk)
          length += chunk.length
        })
        answer.on('error', reject)
        answer.on('end', () => {
          const { statusCode: status = 0, headers } = answer
          const text = Buffer.concat(chunks).toString('utf8', 0, mostAnswerBytes)
          resolve({ status, retryAfter: headers['retry-after'], body: text })
        })
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '')
        reject(isStale ? new ConnectionClosed(error.message, { cause: error }) : error)
      })
      request.on('close', () => {
        clearTimeout(limit)
        reject(new Error('the connection was closed'))
      })
      request.end(bytes)
    })
  }
}

class ConnectionClosed extends Error {}
