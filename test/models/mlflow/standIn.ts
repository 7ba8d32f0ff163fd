import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { ManualClock } from '../../../shared/clock.js'
import type { NamedFeature } from '../../../shared/contract/index.js'
import { type MlflowOptions, MlflowServer } from '../../../shared/models/mlflow/mlflowServer.js'

/** What a stand-in answers: JSON, or whatever a handler does with the response. */
export type Answer = Handler | Readonly<Record<string, unknown>>

/** What a stand-in does with a request. */
export type Handler = (response: ServerResponse) => void

/** A request as it came. */
export interface Received {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that answers what a test gives it, on a free port of this machine. */
export interface StandIn extends AsyncDisposable {
  readonly url: string
  readonly received: readonly Received[]
  /** Answers by the beginning of `METHOD /path`; the longest that fits. Of a list each is given once, the last one always. */
  answer(start: string, ...answers: readonly Answer[]): void
}

export async function startStandIn(): Promise<StandIn> {
  const routes = new Map<string, Answer[]>()
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const asked = `${request.method ?? ''} ${decodeURI(request.url ?? '')}`
      received.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      const route = [...routes.keys()].filter(start => asked.startsWith(start)).sort((a, b) => b.length - a.length)[0]
      const answers = routes.get(route ?? '') ?? []
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (typeof answer === 'function') answer(response)
      else if (answer === undefined)
        status(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `no ${asked}` })(response)
      else status(200, answer)(response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer(start, ...answers) {
      routes.set(start, [...answers])
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** JSON, or text, with a status. */
export function status(code: number, body: object | string, headers: Readonly<Record<string, string>> = {}): Handler {
  return response => {
    response.writeHead(code, {
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
      ...headers,
    })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** A file's bytes. */
export function file(bytes: Uint8Array): Handler {
  return response => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.byteLength })
    response.end(bytes)
  }
}

/** The server at a stand-in, whose pauses take no time. */
export function serverAt(url: string, options: Partial<MlflowOptions> = {}): MlflowServer {
  return new MlflowServer({
    trackingUri: url,
    timeoutMs: 60_000,
    retries: 3,
    clock: new ManualClock(),
    openBlobs: address => Promise.reject(new Error(`nobody opens ${address} here`)),
    ...options,
  })
}

/** What the stream of the tests offers. */
export const offered: readonly NamedFeature[] = [
  { name: 'value', column: 'value', kind: 'numeric' },
  { name: 'log_value', column: 'value', kind: 'log' },
  { name: 'event_type', column: 'event_type', kind: 'category', most: 32 },
]

/** Where a folder's files are listed. */
export const listing = 'GET /api/2.0/mlflow-artifacts/artifacts?path='

/** Answers of a server that has one model, `m` with version 3 as champion, whose files are those. */
export function serveModel(server: StandIn, files: Readonly<Record<string, Uint8Array>>): void {
  const api = 'GET /api/2.0/mlflow'
  const folder = '1/models/m-1/artifacts'
  server.answer(`${api}/registered-models/alias`, { model_version: { name: 'm', version: '3', source: 'models:/m-1' } })
  server.answer(`${api}/model-versions/get-download-uri`, { artifact_uri: `mlflow-artifacts:/${folder}` })
  server.answer(listing, {
    files: Object.entries(files).map(([path, bytes]) => ({ path, is_dir: false, file_size: bytes.byteLength })),
  })
  for (const [path, bytes] of Object.entries(files))
    server.answer(`${api}-artifacts/artifacts/${folder}/${path}`, file(bytes))
}
