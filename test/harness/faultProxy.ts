import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong between an application and an HTTP server. */
export type HttpFault =
  /** Never an answer. */
  | { readonly kind: 'silence' }
  /** An answer that the server did not give. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string }
  /** The server is called by that name. */
  | { readonly kind: 'host'; readonly host: string }
  /** Half of the body: then the connection ends, or it is said to be all of it. */
  | { readonly kind: 'half'; readonly then: 'cut' | 'end' }
  /** The body is another one. */
  | { readonly kind: 'body'; readonly change: (body: Buffer) => Uint8Array }
  /** Something else happens first. */
  | { readonly kind: 'meanwhile'; readonly first: () => Promise<void> }

/** A fault, and the requests that meet it: by `METHOD /path?query`, decoded. */
export interface FaultRule {
  readonly on: RegExp
  readonly fault: HttpFault
}

/** Stands before a server on a port of 127.0.0.1, and passes requests on, but for those that meet its rule. */
export class FaultProxy implements AsyncDisposable {
  /** What goes wrong from now on; nothing when undefined. */
  rule: FaultRule | undefined
  /** How many requests have met a rule. */
  struck = 0
  readonly #target: URL
  #server: Server | undefined
  #port = 0

  private constructor(target: URL) {
    this.#target = target
  }

  static async open(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target))
    await proxy.listen()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Nothing listens any more. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  /** On the same port as before; nothing to do when it listens. */
  async listen(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer((asked, answer) => {
      this.#pass(asked)
        .then(given => {
          if (given === undefined) return
          answer.writeHead(given.status, given.headers)
          if (!given.isCut) return answer.end(given.body)
          answer.write(given.body, () => answer.destroy())
        })
        .catch(() => answer.destroy())
    })
    await new Promise<void>(listening => server.listen(this.#port, '127.0.0.1', listening))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async #pass(asked: IncomingMessage): Promise<Passed | undefined> {
    const sent = await bodyOf(asked)
    const { rule } = this
    const meets = rule?.on.test(`${asked.method ?? ''} ${decodeURIComponent(asked.url ?? '')}`) === true
    if (meets) this.struck++
    const fault = meets ? rule.fault : undefined
    if (fault?.kind === 'silence') return undefined
    if (fault?.kind === 'answer')
      return {
        status: fault.status,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(fault.body ?? ''),
        isCut: false,
      }
    if (fault?.kind === 'meanwhile') await fault.first()
    const given = await this.#ask(asked, sent, fault?.kind === 'host' ? fault.host : undefined)
    if (fault?.kind === 'body') return whole(given, fault.change(given.body))
    if (fault?.kind !== 'half') return given
    const half = given.body.subarray(0, given.body.length >> 1)
    if (fault.then === 'end') return whole(given, half)
    return {
      ...given,
      headers: { ...given.headers, 'content-length': String(given.body.length) },
      body: half,
      isCut: true,
    }
  }

  #ask({ method, url, headers }: IncomingMessage, sent: Buffer, host: string | undefined): Promise<Passed> {
    const { hostname, port } = this.#target
    return new Promise((resolve, reject) => {
      const options = {
        hostname,
        port,
        method,
        path: url,
        headers: host === undefined ? headers : { ...headers, host },
      }
      const passed = request(options, answer => {
        bodyOf(answer).then(body => {
          const headers = { ...answer.headers }
          delete headers['transfer-encoding']
          resolve({ status: answer.statusCode ?? 502, headers, body, isCut: false })
        }, reject)
      })
      passed.on('error', reject)
      passed.end(sent)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse()
  }
}

interface Passed {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly isCut: boolean
}

function whole(given: Passed, body: Uint8Array): Passed {
  return { ...given, headers: { ...given.headers, 'content-length': String(body.length) }, body: Buffer.from(body) }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
