import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A schema as it is registered. */
export interface ServedSchema {
  readonly schemaType?: 'AVRO' | 'JSON' | 'PROTOBUF'
  readonly schema: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

/** A schema registry of the tests' own, by Confluent's API. */
export interface RegistryServer extends AsyncDisposable {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** What it answers instead, while it is set; undefined from it means as usual. */
  fault: ((request: IncomingMessage, response: ServerResponse) => 'answered' | undefined) | undefined
  /** Registers a version of a subject. */
  register(id: number, schema: ServedSchema, subject?: string): void
  /** Stops answering; `start` goes on with the same schemas at the same address. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts one on a free port of this machine. */
export async function startRegistryServer(): Promise<RegistryServer> {
  const byId = new Map<number, ServedSchema>()
  const subjects = new Map<string, { readonly id: number; readonly schema: ServedSchema }[]>()
  const asked: string[] = []
  let fault: RegistryServer['fault']
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (fault?.(request, response) === 'answered') return
    const answer = answerTo(new URL(request.url ?? '/', 'http://registry').pathname)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { error_code: 40403, message: 'Schema not found' }))
  })
  const answerTo = (path: string): object | undefined => {
    const id = /^\/schemas\/ids\/(-?\d+)$/.exec(path)?.[1]
    if (id !== undefined) return byId.get(Number(id))
    const [, subject = '', version = ''] = /^\/subjects\/([^/]+)\/versions\/(latest|\d+)$/.exec(path) ?? []
    const name = decodeURIComponent(subject)
    const versions = subjects.get(name) ?? []
    const at = version === 'latest' ? versions.length : Number(version)
    const found = versions[at - 1]
    return found && { subject: name, version: at, id: found.id, ...found.schema }
  }
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        resolve()
      })
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => {
        resolve()
      })
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    get fault() {
      return fault
    },
    set fault(one) {
      fault = one
    },
    register(id, schema, subject) {
      byId.set(id, schema)
      if (subject !== undefined) subjects.set(subject, [...(subjects.get(subject) ?? []), { id, schema }])
    },
    stop,
    start: () => listen(port),
    [Symbol.asyncDispose]: stop,
  }
}
