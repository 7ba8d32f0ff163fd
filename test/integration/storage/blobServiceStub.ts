import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as the service got it. */
export interface ServedRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  /** Length of its body. */
  readonly bytes: number
  /** How many requests came before it. */
  readonly before: number
}

/** Status, the service's own code, and whatever else the answer needs. */
export interface StubAnswer {
  readonly status: number
  readonly code?: string
  readonly body?: string | Uint8Array
  /** The connection is closed after so many bytes of the body, or nothing follows them. */
  readonly cutAfter?: number
  readonly silentAfter?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface BlobServiceStub {
  readonly url: string
  readonly requests: readonly ServedRequest[]
  stop(): Promise<void>
}

/**
 * A blob service that answers what a real one answers only on a bad day. `answer` gives the answer, or `cut` to read the
 * request and close the connection without one, or `hang` to say nothing.
 */
export async function startBlobServiceStub(
  answer: (request: ServedRequest) => StubAnswer | 'cut' | 'hang',
): Promise<BlobServiceStub> {
  const requests: ServedRequest[] = []
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.once('end', () => {
      const served = {
        bytes,
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers,
        before: requests.length,
      }
      requests.push(served)
      const given = answer(served)
      if (given === 'cut') request.socket.destroy()
      else if (given !== 'hang') send(response, request.method === 'HEAD', given)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/devstoreaccount1/lake`,
    requests,
    stop: () =>
      new Promise(resolve => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

function send(
  response: ServerResponse,
  head: boolean,
  { status, code, body, headers, cutAfter, silentAfter }: StubAnswer,
): void {
  const text =
    body ?? (code === undefined ? '' : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>x</Message></Error>`)
  response.writeHead(status, {
    'content-type': 'application/xml',
    ...(code === undefined ? {} : { 'x-ms-error-code': code }),
    'last-modified': new Date(0).toUTCString(),
    etag: '"0x1"',
    ...headers,
  })
  const part = cutAfter ?? silentAfter
  if (part === undefined) response.end(head ? '' : text)
  else if (part === 0) response.flushHeaders()
  else response.write(Buffer.from(text).subarray(0, part))
  // What was written is to arrive before the connection ends.
  if (cutAfter !== undefined) setTimeout(() => response.destroy(), 20)
}
