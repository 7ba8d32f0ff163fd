import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'

import type { Logger } from '../../../shared/telemetry/index.js'
import { type HttpData } from './coreModule.js'
import { type FunctionApp, type InvocationInput } from './functionApp.js'
import { matchRoute, type Route } from './httpRoutes.js'
import { guardRequest } from './requestGuard.js'

/** The host's own refusal, larger requests than this are answered with 413. */
const largestBody = 100 * 1024 * 1024

/**
 * Serves the HTTP functions on 127.0.0.1. As with `func start`, keys are not asked for on one's own machine unless one is
 * given; it is then asked for as the platform does, by the `authLevel` of a function. Requests of other machines' pages are
 * refused either way.
 */
export class FunctionHttpServer {
  readonly #server: Server
  readonly #running = new Set<Promise<void>>()

  constructor(app: FunctionApp, routes: readonly Route[], log: Logger, key?: string) {
    this.#server = createServer((request, response) => {
      const answer = serve({ app, routes, key }, request, response).catch((thrown: unknown) => {
        log.error(`${request.method ?? ''} ${request.url ?? ''} failed`, { error: String(thrown) })
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
      this.#running.add(answer)
      void answer.finally(() => this.#running.delete(answer))
    })
    // A pipeline run may take minutes; the platform's own limit is 230 seconds behind its load balancer.
    this.#server.requestTimeout = 0
  }

  /** @returns the address it listens on, e.g. `http://127.0.0.1:7071` */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Takes no further request and waits for the running ones. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve =>
      this.#server.close(() => {
        resolve()
      }),
    )
    await Promise.all(this.#running)
    this.#server.closeAllConnections()
    await closed
  }
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly content?: Uint8Array | string | undefined
}

interface Served {
  readonly app: FunctionApp
  readonly routes: readonly Route[]
  readonly key: string | undefined
}

async function serve(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers, content } = await answer(served, request)
  response.writeHead(status, headers)
  response.end(content)
}

async function answer({ app, routes, key }: Served, request: IncomingMessage): Promise<Answer> {
  const { method = 'GET', rawHeaders, url: target = '/' } = request
  const guarded = guardRequest({ method, rawHeaders, target })
  if (guarded.kind === 'refused') {
    return {
      status: guarded.status,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      content: `${guarded.reason}\n`,
    }
  }
  const { url } = guarded
  const match = matchRoute(routes, method, url.pathname)
  if (match.kind === 'notFound') return { status: 404 }
  if (match.kind === 'methodNotAllowed') return { status: 405, headers: { allow: match.methods.join(', ') } }
  if (key !== undefined && match.needsKey && !hasKey(request, url, key)) return { status: 401 }
  const body = await bodyOf(request)
  if (body === undefined) return { status: 413 }
  const outcome = await app.invoke(match.functionName, httpInput(request, url, match.params, body))
  if (outcome.kind === 'failed') return { status: 500 }
  const http = outcome.response.returnValue?.http
  if (http === undefined) return { status: 204 }
  const content = http.body?.bytes ?? http.body?.string ?? http.body?.json
  return { status: Number(http.statusCode ?? 200), headers: { ...http.headers }, content }
}

/** By the header or the parameter, as the platform takes it. */
function hasKey({ headers }: IncomingMessage, url: URL, key: string): boolean {
  const header = headers['x-functions-key']
  const given = typeof header === 'string' ? header : (url.searchParams.get('code') ?? '')
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(key))
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function httpInput(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): InvocationInput {
  const headers = Object.entries(request.headers).map(
    ([name, v]) => [name, Array.isArray(v) ? v.join(', ') : (v ?? '')] as const,
  )
  const http: HttpData = {
    url: url.href,
    method: request.method ?? 'GET',
    nullableHeaders: nullable(headers),
    nullableQuery: nullable(url.searchParams),
    nullableParams: nullable(Object.entries(params)),
    ...(body.length > 0 && { body: { bytes: body } }),
  }
  return { data: { http } }
}

function nullable(entries: Iterable<readonly [string, string]>): Record<string, { value: string }> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, { value }]))
}
