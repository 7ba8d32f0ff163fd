import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

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
      const text = Buffer.concat(chunks).toString()
      const { url = '', headers } = request
      if (this.status < 300)
        this.received.push({ path: url, headers, text, json: JSON.parse(text) as Received['json'] })
      response.writeHead(this.status, this.status === 302 ? { location: '/elsewhere' } : {}).end()
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
