import { describe, expect, test } from 'vitest'

import { type RegisteredFunction } from '../../../infra/local/host/functionApp.js'
import { matchRoute, routesOf } from '../../../infra/local/host/httpRoutes.js'

const http = (name: string, fields: Record<string, unknown>): RegisteredFunction => {
  const trigger = { name: 'request', type: 'httpTrigger', ...fields }
  return { name, trigger, metadata: { name, bindings: { request: trigger } }, callback: () => undefined }
}

const routes = routesOf(
  [
    http('pipeline', { route: 'pipeline/run', methods: ['POST'] }),
    http('item', { route: 'items/{id}', methods: ['GET'] }),
    http('bare', {}),
  ],
  'api',
)

describe('routes', () => {
  test('a function without a route has its name, and GET and POST', () => {
    expect(matchRoute(routes, 'post', '/api/bare')).toMatchObject({ kind: 'found', functionName: 'bare', params: {} })
  })

  test('parameters are decoded', () => {
    expect(matchRoute(routes, 'GET', '/api/items/a%20b/')).toMatchObject({
      kind: 'found',
      functionName: 'item',
      params: { id: 'a b' },
    })
  })

  test('a malformed escape in a parameter stays as it was sent', () => {
    expect(matchRoute(routes, 'GET', '/api/items/%zz')).toMatchObject({ kind: 'found', params: { id: '%zz' } })
  })

  test('a route without that method says which it has', () => {
    expect(matchRoute(routes, 'GET', '/api/pipeline/run')).toEqual({ kind: 'methodNotAllowed', methods: ['POST'] })
  })

  test.each(['/pipeline/run', '/api', '/api/items', '/api/items/1/2'])('%s is not found', path => {
    expect(matchRoute(routes, 'GET', path)).toEqual({ kind: 'notFound' })
  })
})
