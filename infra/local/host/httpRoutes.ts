import { type RegisteredFunction } from './functionApp.js'

/** Where an HTTP function is reached: methods in upper case, and a path with `{name}` for a parameter. */
export interface Route {
  readonly functionName: string
  readonly methods: readonly string[]
  readonly path: string
  /** Whether the platform lets in only who has a key. */
  readonly needsKey: boolean
}

/** What a request's path and method lead to; `methods` are those that the path does take. */
export type RouteMatch =
  | {
      readonly kind: 'found'
      readonly functionName: string
      readonly params: Readonly<Record<string, string>>
      readonly needsKey: boolean
    }
  | { readonly kind: 'methodNotAllowed'; readonly methods: readonly string[] }
  | { readonly kind: 'notFound' }

/** The HTTP functions' routes: `/<prefix>/<route or the function's name>`, `{name}` for a parameter. */
export function routesOf(functions: readonly RegisteredFunction[], prefix: string): Route[] {
  return functions
    .filter(f => f.trigger.type.toLowerCase() === 'httptrigger')
    .map(f => {
      const { route, methods, authLevel } = f.trigger
      return {
        needsKey: !(typeof authLevel === 'string' && /^anonymous$/i.test(authLevel)),
        functionName: f.name,
        methods:
          Array.isArray(methods) && methods.length > 0 ? methods.map(m => String(m).toUpperCase()) : ['GET', 'POST'],
        path: `/${[prefix, typeof route === 'string' ? route : f.name].filter(p => p !== '').join('/')}`,
      }
    })
}

/** The first route that fits: fixed parts without case, parameters percent-decoded. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const allowed: string[] = []
  for (const route of routes) {
    const params = matchPath(route.path, path)
    if (params === undefined) continue
    if (route.methods.includes(method.toUpperCase()))
      return { kind: 'found', functionName: route.functionName, params, needsKey: route.needsKey }
    allowed.push(...route.methods)
  }
  return allowed.length > 0 ? { kind: 'methodNotAllowed', methods: allowed } : { kind: 'notFound' }
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/')
  const actual = path.replace(/\/$/, '').split('/')
  if (expected.length !== actual.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of expected.entries()) {
    const given = actual[i] ?? ''
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name !== undefined) params[name] = decoded(given)
    else if (part.toLowerCase() !== given.toLowerCase()) return undefined
  }
  return params
}

/** A malformed escape stays as it was sent, as the platform leaves it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
