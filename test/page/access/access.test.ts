import { describe, expect, test } from 'vitest'

import { accessLevel, refusal } from '../../../shared/page/access/index.js'

const sender = (level: 'function' | 'anonymous', headers: Record<string, string> = {}) => ({
  level,
  header: (name: string) => headers[name],
  url: 'https://lake.example/api/lake',
})

describe('who sees the page', () => {
  test.each([
    [{}],
    [{ PAGE_AUTH: 'key', WEBSITE_AUTH_ENABLED: 'True' }],
    [{ PAGE_AUTH: 'easyauth' }],
    [{ PAGE_AUTH: 'easyauth', WEBSITE_AUTH_ENABLED: 'False' }],
    [{ PAGE_AUTH: 'easyauth', WEBSITE_AUTH_ENABLED: '' }],
  ])('with %j a key is needed', environment => {
    expect(accessLevel(environment)).toBe('function')
  })

  test('the platform signs people in only where it says so itself and the setting asks for it', () => {
    expect(accessLevel({ PAGE_AUTH: 'easyauth', WEBSITE_AUTH_ENABLED: 'True' })).toBe('anonymous')
  })

  test('nobody who is not signed in sees the page there, whatever else the request says', () => {
    expect(refusal(sender('anonymous'), false)?.status).toBe(401)
    expect(refusal(sender('anonymous', { 'x-ms-client-principal-id': '' }), false)?.status).toBe(401)
    expect(
      refusal(sender('anonymous', { 'x-functions-key': 'k', cookie: 'AppServiceAuthSession=x' }), false)?.status,
    ).toBe(401)
    expect(refusal(sender('anonymous', { 'x-ms-client-principal-id': 'me' }), false)).toBeUndefined()
  })

  test('a header of a person signed in opens nothing where a key is needed: the platform has asked for it before', () => {
    expect(accessLevel({ 'x-ms-client-principal': 'e30=', 'X-MS-CLIENT-PRINCIPAL-ID': 'me' })).toBe('function')
  })
})

describe('what has effects', () => {
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'https://lake.example.evil.example', host: 'lake.example' }],
  ])('is refused to another page: %j', headers => {
    expect(refusal(sender('function', headers), true)?.status).toBe(403)
  })

  test.each([
    [{}],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }],
    [{ origin: 'https://lake.example' }],
    [{ origin: 'https://lake.example:8443', host: 'lake.example:8443' }],
  ])('is done for its own page and for clients that are no browsers: %j', headers => {
    expect(refusal(sender('function', headers), true)).toBeUndefined()
  })
})
