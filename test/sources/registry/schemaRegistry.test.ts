import { describe, expect, test } from 'vitest'

import { systemClock } from '../../../shared/clock.js'
import { CachedRegistry, HttpSchemaRegistry, withReferences } from '../../../shared/sources/registry/index.js'
import { redact } from '../../../shared/telemetry/index.js'
import { startRegistryServer } from '../../harness/registryServer.js'

const schema = { schema: '"string"' }
const to = (url: string, more: object = {}) => new HttpSchemaRegistry({ urls: [url], timeoutMs: 5_000, ...more })

describe('a registry', () => {
  test('what it has not is no error, and what does not speak its words is none of it', async () => {
    await using server = await startRegistryServer()
    expect(await to(server.url).byId(7)).toBeUndefined()
    server.fault = (_, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>')
      return 'answered'
    }
    await expect(to(server.url).byId(7)).rejects.toMatchObject({ code: 'REGISTRY_BAD_ANSWER', retryable: false })
  })

  test.each([
    [500, 'REGISTRY_UNREACHABLE', true],
    [503, 'REGISTRY_UNREACHABLE', true],
    [429, 'REGISTRY_UNREACHABLE', true],
    [401, 'REGISTRY_UNAUTHORIZED', false],
    [403, 'REGISTRY_UNAUTHORIZED', false],
    [400, 'REGISTRY_BAD_ANSWER', false],
  ])('HTTP %i is %s', async (status, code, retryable) => {
    await using server = await startRegistryServer()
    server.fault = (_, response) => {
      response.writeHead(status).end('{}')
      return 'answered'
    }
    await expect(to(server.url).byId(1)).rejects.toMatchObject({ code, retryable })
  })

  test('one that does not answer in time, and one that is gone, may be asked again', async () => {
    const server = await startRegistryServer()
    server.fault = () => 'answered'
    await expect(to(server.url, { timeoutMs: 200 }).byId(1)).rejects.toThrow('no answer within 200 ms')
    await server.stop()
    await expect(to(server.url).byId(1)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', retryable: true })
  })

  test('a redirect is not followed: what signs the request in is for nobody else', async () => {
    await using other = await startRegistryServer()
    await using server = await startRegistryServer()
    server.fault = (_, response) => {
      response.writeHead(302, { location: `${other.url}/schemas/ids/1?x=secret` }).end()
      return 'answered'
    }
    await expect(to(server.url, { userInfo: 'ada:lovelace1' }).byId(1)).rejects.toThrow(
      `to ${other.url}; it is not followed`,
    )
    expect(other.asked).toEqual([])
  })

  test('an answer without end is cut off', async () => {
    await using server = await startRegistryServer()
    server.fault = (_, response) => {
      const chunk = Buffer.alloc(2 ** 20, 0x20)
      const write = (): void => {
        if (!response.destroyed) response.write(chunk, write)
      }
      write()
      return 'answered'
    }
    await expect(to(server.url).byId(1)).rejects.toMatchObject({ code: 'REGISTRY_BAD_ANSWER' })
  })

  test('the next address is asked when one does not answer, or has not what is asked for', async () => {
    const gone = await startRegistryServer()
    await gone.stop()
    await using empty = await startRegistryServer()
    await using server = await startRegistryServer()
    server.register(3, schema)
    const registry = new HttpSchemaRegistry({ urls: [gone.url, empty.url, server.url], timeoutMs: 5_000 })
    expect(await registry.byId(3)).toMatchObject({ type: 'AVRO', text: '"string"', references: [] })
    // One of them has answered that there is none.
    expect(await registry.byId(4)).toBeUndefined()
  })

  test('user and password, or a token, are sent and appear in no message', async () => {
    await using server = await startRegistryServer()
    const seen: (string | undefined)[] = []
    server.fault = request => void seen.push(request.headers.authorization)
    await to(server.url, { userInfo: 'ada:lovelace:1815' }).byId(1)
    await to(server.url, { bearerToken: 'a-token-of-many-letters' }).byId(1)
    const basic = Buffer.from('ada:lovelace:1815').toString('base64')
    expect(seen).toEqual([`Basic ${basic}`, 'Bearer a-token-of-many-letters'])
    expect(redact(`sent ${basic} and a-token-of-many-letters`)).toBe('sent (secret) and (secret)')
  })

  test('certificates that cannot be used are said before anything is sent', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
    expect(() => to('https://127.0.0.1:1', { ca: broken, certificate: broken, key: broken })).toThrow(
      'SCHEMA_REGISTRY_SSL',
    )
    expect(() => to('https://127.0.0.1:1', { ca: '/nowhere.pem' })).toThrow('SCHEMA_REGISTRY_SSL_CA is neither')
  })
})

describe('what is kept', () => {
  test('a schema is asked for once, also by many at once; an error is not kept', async () => {
    await using server = await startRegistryServer()
    server.register(1, schema)
    const registry = new CachedRegistry(to(server.url), systemClock)
    server.fault = (_, response) => {
      response.writeHead(500).end()
      return 'answered'
    }
    await expect(registry.byId(1)).rejects.toThrow('HTTP 500')
    server.fault = undefined
    await Promise.all(Array.from({ length: 20 }, () => registry.byId(1)))
    expect(server.asked).toHaveLength(2)
  })

  test('that there is none is remembered for a while, of so many ids at most', async () => {
    await using server = await startRegistryServer()
    let now = 0
    const registry = new CachedRegistry(to(server.url), { ...systemClock, monotonic: () => now })
    for (let n = 0; n < 3; n++) expect(await registry.byId(1)).toBeUndefined()
    expect(server.asked).toHaveLength(1)
    server.register(1, schema)
    expect(await registry.byId(1)).toBeUndefined()
    now = 30_000
    expect(await registry.byId(1)).toMatchObject({ text: '"string"' })
    for (let id = 1_000; id < 2_001; id++) await registry.byId(id)
    const before = server.asked.length
    await registry.byId(2_000)
    expect(server.asked).toHaveLength(before)
    await registry.byId(1_000)
    expect(server.asked).toHaveLength(before + 1)
  })
})

describe('references', () => {
  test('all of them are found, those that others need first, and a circle ends', async () => {
    await using server = await startRegistryServer()
    const reference = (name: string) => ({ name, subject: `${name}/values`, version: 1 })
    server.register(1, { schema: 'c', references: [reference('a')] }, 'c/values')
    server.register(2, { schema: 'b', references: [reference('c')] }, 'b/values')
    server.register(3, { schema: 'a', references: [reference('b'), reference('c')] }, 'a/values')
    const found = await to(server.url).byId(3)
    const whole = found && (await withReferences(to(server.url), found))
    expect(whole && 'referenced' in whole && [...whole.referenced.keys()]).toEqual(['a', 'c', 'b'])
  })

  test('one that is not there is named', async () => {
    await using server = await startRegistryServer()
    server.register(1, { schema: 'a', references: [{ name: 'x.proto', subject: 'x', version: 9 }] })
    const found = await to(server.url).byId(1)
    const whole = found && (await withReferences(to(server.url), found))
    expect(whole).toMatchObject({ fault: expect.stringContaining('version 9 of the subject "x"') as string })
  })
})
