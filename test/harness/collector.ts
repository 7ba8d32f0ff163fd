import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A message as it came. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** A server of HTTP that takes whatever it is sent, or does not: `status` is its answer, and `isSilent` none at all. */
export class Collector implements AsyncDisposable {
  status = 200
  isSilent = false
  /** What else its answers are made of. */
  answer: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {}
  /** Called with every request, before its answer. */
  onRequest: () => void = () => undefined
  readonly received: Received[] = []
  /** Requests, those that were not taken too. */
  requests = 0
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      this.requests++
      this.onRequest()
      if (this.isSilent) return
      const { url = '', headers } = request
      const bytes = Buffer.concat(chunks)
      const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
      if (this.status < 300)
        this.received.push({ path: url, headers, text, json: JSON.parse(text) as Received['json'] })
      const redirection = this.status === 302 ? { location: '/elsewhere' } : {}
      response.writeHead(this.status, { ...redirection, ...this.answer.headers }).end(this.answer.body)
    })
  })

  static async start(): Promise<Collector> {
    const collector = new Collector()
    await new Promise<void>(listening => collector.#server.listen(0, '127.0.0.1', listening))
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Bodies that came to a path. */
  at(path: string): readonly Received['json'][] {
    return this.received.filter(one => one.path === path).map(({ json }) => json)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(closed => this.#server.close(closed))
  }
}

/** Keeps what is logged, a line a message. */
export function keptLog() {
  const lines: string[] = []
  const keep = (level: string) => (message: string, data?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(data ?? {})}`)
  return { lines, log: { debug: () => undefined, info: keep('info'), warn: keep('warn'), error: keep('error') } }
}
