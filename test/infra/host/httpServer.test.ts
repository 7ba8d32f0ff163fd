import { request } from 'node:http'
import { connect } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { FunctionApp } from '../../../infra/local/host/functionApp.js'
import { FunctionHttpServer } from '../../../infra/local/host/httpServer.js'
import { silentLogger } from '../../../shared/telemetry/index.js'

let server: FunctionHttpServer
let port = 0
let invoked: string[] = []

beforeEach(async () => {
  invoked = []
  const app = {
    invoke: (name: string) => {
      invoked.push(name)
      return Promise.resolve({
        kind: 'succeeded',
        response: { returnValue: { http: { statusCode: '200', body: { string: 'ran' } } } },
      })
    },
  } as unknown as FunctionApp
  server = new FunctionHttpServer(
    app,
    [
      { functionName: 'pipeline', methods: ['POST'], path: '/api/pipeline/run', needsKey: true },
      { functionName: 'health', methods: ['GET'], path: '/api/health', needsKey: false },
      { functionName: 'item', methods: ['GET'], path: '/api/items/{id}', needsKey: true },
    ],
    silentLogger,
  )
  port = Number(new URL(await server.listen(0)).port)
})

afterEach(() => server.stop())

function status(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The status line of a request as it stands, which `request` would not send. */
function raw(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`))
    let answer = ''
    socket.on('data', (data: Buffer) => {
      answer += data.toString('latin1')
    })
    socket.on('end', () => {
      resolve(answer.split('\r\n')[0] ?? '')
    })
    socket.on('error', reject)
  })
}

const own = () => `127.0.0.1:${port}`
const run = (headers: Record<string, string>) => status('POST', '/api/pipeline/run', headers)

describe('a key that is given', () => {
  test('is asked for as on the platform: by header or parameter, not of functions for anybody', async () => {
    const app = { invoke: () => Promise.resolve({ kind: 'succeeded', response: {} }) } as unknown as FunctionApp
    const route = { methods: ['GET'], functionName: 'f' }
    const guarded = new FunctionHttpServer(
      app,
      [
        { ...route, path: '/api/lake', needsKey: true },
        { ...route, path: '/api/health', needsKey: false },
      ],
      silentLogger,
      'sesame',
    )
    const url = await guarded.listen(0)
    const ask = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${url}${path}`, { headers })).status
    try {
      const principal = { 'x-ms-client-principal': 'e30=', 'x-ms-client-principal-id': 'me' }
      expect(await ask('/api/lake')).toBe(401)
      expect(await ask('/api/lake?code=wrong')).toBe(401)
      expect(await ask('/api/lake', { 'x-functions-key': 'wrong' })).toBe(401)
      expect(await ask('/api/lake', principal)).toBe(401)
      expect(await ask('/api/lake?code=sesame')).toBe(204)
      expect(await ask('/api/lake', { 'x-functions-key': 'sesame' })).toBe(204)
      expect(await ask('/api/health')).toBe(204)
    } finally {
      await guarded.stop()
    }
  })
})

describe('a page that sends no referrer', () => {
  test('sends its forms, which say null for their origin; another page that says so does not', async () => {
    expect(await run({ origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await run({ origin: 'null', 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await run({ origin: 'null' })).toBe(403)
  })
})

describe('a page of another origin starts nothing', () => {
  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1.evil.example' }],
    [{ origin: 'http://localhost:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ])('%o', async headers => {
    expect(await run(headers)).toBe(403)
    expect(invoked).toEqual([])
  })

  test.each(['evil.example', 'evil.example:7071', '192.168.0.1', '0.0.0.0', 'localhost.evil.example', '128.0.0.1'])(
    'nor one whose name was pointed at this machine: %s',
    async host => {
      expect(await run({ host })).toBe(403)
      expect(await status('GET', '/api/health', { host })).toBe(403)
      expect(invoked).toEqual([])
    },
  )

  test('nor by an image or a script, while a link may be followed', async () => {
    expect(await status('GET', '/api/health', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(
      403,
    )
    expect(await status('GET', '/api/health', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(
      200,
    )
  })
})

describe('this machine is served', () => {
  test.each([
    [() => ({})],
    [() => ({ origin: `http://${own()}` })],
    [() => ({ origin: `http://localhost:${port}` })],
    [() => ({ host: `localhost:${port}` })],
    [() => ({ host: `app.localhost:${port}` })],
    [() => ({ host: `[::1]:${port}` })],
    [() => ({ host: 'LOCALHOST' })],
    [() => ({ 'sec-fetch-site': 'same-origin', origin: `http://${own()}` })],
    [() => ({ 'sec-fetch-site': 'none' })],
  ])('%o', async headers => {
    expect(await run(headers())).toBe(200)
    expect(invoked).toEqual(['pipeline'])
  })
})

describe('a request that cannot be read is answered with 400', () => {
  test.each(['a b', 'evil.example/..', '127.0.0.1:port', 'user@127.0.0.1', '127.0.0.1:99999', '[::1', '%zz', 'a:b:c'])(
    'Host: %s',
    async host => {
      expect(await raw([`GET /api/health HTTP/1.1`, `Host: ${host}`])).toMatch(/ 400 /)
      expect(invoked).toEqual([])
    },
  )

  test('two Host headers, a path that is not percent-encoded, an address of elsewhere', async () => {
    expect(await raw(['GET /api/health HTTP/1.1', `Host: ${own()}`, 'Host: evil.example'])).toMatch(/ 400 /)
    expect(await status('GET', '/api/items/%E0%A4')).toBe(400)
    expect(await raw(['GET http://evil.example/api/health HTTP/1.1', `Host: ${own()}`])).toMatch(/ 403 /)
    expect(await raw(['GET //evil.example/api/health HTTP/1.1', `Host: ${own()}`])).toMatch(/ 404 /)
    expect(invoked).toEqual([])
  })
})
