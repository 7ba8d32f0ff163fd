import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What can happen to a request on its way. */
const faults = ['lostRequest', 'lostAnswer', 'tornAnswer', 'silence', 'status', 'statusAfter'] as const
type Fault = (typeof faults)[number]

export interface FaultProxy {
  readonly url: string
  /** How often each fault struck. */
  readonly struck: ReadonlyMap<string, number>
  stop(): Promise<void>
}

/**
 * A service with a bad network before it: a share of the requests is lost before or after it was done, has a torn answer,
 * no answer, or one of those that a busy service gives.
 * @param random numbers in [0, 1), from a seed
 */
export async function startFaultProxy(target: string, share: number, random: () => number): Promise<FaultProxy> {
  const { origin, pathname } = new URL(target)
  const struck = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('error', () => response.destroy())
    request.once('end', () => {
      const fault = random() < share ? faults[Math.floor(random() * faults.length)] : undefined
      if (fault !== undefined) struck.set(fault, (struck.get(fault) ?? 0) + 1)
      void handle(origin, { request, response, body: Buffer.concat(chunks) }, fault, random).catch(() =>
        response.destroy(),
      )
    })
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    struck,
    stop: () =>
      new Promise(resolve => {
        server.close(() => {
          resolve()
        })
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

async function handle(
  origin: string,
  exchange: Exchange,
  fault: Fault | undefined,
  random: () => number,
): Promise<void> {
  const { request, response } = exchange
  const busy = () => {
    const [status, code] = (
      [
        [500, 'InternalError'],
        [503, 'ServerBusy'],
        [429, 'TooManyRequests'],
        [408, ''],
        [502, ''],
        [504, ''],
      ] as const
    )[Math.floor(random() * 6)] ?? [500, '']
    response.writeHead(status, code === '' ? {} : { 'x-ms-error-code': code, 'retry-after': '0' })
    response.end()
  }
  if (fault === 'lostRequest') return void request.socket.destroy()
  if (fault === 'silence') return
  if (fault === 'status') {
    busy()
    return
  }
  const { answer, bytes } = await forwarded(origin, exchange)
  if (fault === 'lostAnswer') return void request.socket.destroy()
  if (fault === 'statusAfter') {
    busy()
    return
  }
  response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
  if (fault !== 'tornAnswer') return void response.end(bytes)
  response.write(bytes.subarray(0, Math.floor(bytes.length * random())))
  setTimeout(() => response.destroy(), 2)
}

function forwarded(origin: string, { request, body }: Exchange): Promise<{ answer: IncomingMessage; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const onward = send(
      `${origin}${request.url ?? ''}`,
      { method: request.method, headers: request.headers },
      answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.once('end', () => {
          resolve({ answer, bytes: Buffer.concat(chunks) })
        })
        answer.once('error', reject)
      },
    )
    onward.once('error', reject)
    onward.end(body)
  })
}
