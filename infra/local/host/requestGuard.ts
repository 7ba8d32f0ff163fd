/** What of a request says where it comes from. */
export interface RequestOrigin {
  readonly method: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** The request's target: a path, or a whole URL as a proxy's client sends it. */
  readonly target: string
}

/** A request with its resolved URL, or the HTTP status and the sentence it is refused with. */
export type GuardedRequest =
  | { readonly kind: 'admitted'; readonly url: URL }
  | { readonly kind: 'refused'; readonly status: 400 | 403; readonly reason: string }

const safeMethods = ['GET', 'HEAD']

/**
 * Whether a request is one of this machine's own. Keys are not asked for here, so any page that a browser has open could
 * otherwise start a function: by a form or a script (recognised by Origin or Sec-Fetch-Site), or by a name of its own that
 * it points at 127.0.0.1 (recognised by Host). Clients that are no browsers send neither and are admitted.
 */
export function guardRequest({ method, rawHeaders, target }: RequestOrigin): GuardedRequest {
  const all = (name: string) => rawHeaders.filter((_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === name)
  const [host = '127.0.0.1', ...otherHosts] = all('host')
  const own = hostUrl(host)
  if (own === undefined || otherHosts.length > 0)
    return refused(400, 'The Host header is not a name with a port, as 127.0.0.1:7071.')
  const url = urlOf(target, own)
  if (url === undefined) return refused(400, 'The address of the request cannot be read.')
  for (const { hostname } of [own, url]) {
    if (!isLoopback(hostname))
      return refused(
        403,
        `This host serves its own machine only, not the name ${hostname}. Call it as 127.0.0.1 or localhost.`,
      )
  }
  // A page that sends no referrer sends `null` for its origin, with a form; the browser says that it is the same all the same.
  const isSameSite = all('sec-fetch-site').length > 0 && all('sec-fetch-site').every(site => site === 'same-origin')
  const foreign = all('origin').find(origin => !isOwnOrigin(origin, own) && !(origin === 'null' && isSameSite))
  if (foreign !== undefined) return refused(403, 'Requests from pages of another origin are refused.')
  const [site = 'none'] = all('sec-fetch-site')
  const navigates = safeMethods.includes(method) && all('sec-fetch-mode')[0] === 'navigate'
  if (!['same-origin', 'none'].includes(site) && !navigates)
    return refused(403, 'Requests from pages of another site are refused.')
  return { kind: 'admitted', url }
}

function refused(status: 400 | 403, reason: string): GuardedRequest {
  return { kind: 'refused', status, reason }
}

/** A Host header as the URL it stands for: a name or an address, perhaps with a port, and nothing else. */
function hostUrl(host: string): URL | undefined {
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]]+)(?::\d{1,5})?$/i.test(host)) return undefined
  return URL.parse(`http://${host}`) ?? undefined
}

function urlOf(target: string, own: URL): URL | undefined {
  const text = target.startsWith('/') ? `${own.origin}${target}` : target
  const url = URL.parse(text)
  if (url === null || url.protocol !== 'http:' || url.username !== '') return undefined
  try {
    decodeURIComponent(url.pathname)
  } catch {
    return undefined
  }
  return url
}

/** `localhost` and its subdomains, 127.0.0.0/8 (a URL writes its every form so) and ::1. */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname)
}

/** The same port of this machine under any of its own names. */
function isOwnOrigin(origin: string, own: URL): boolean {
  const url = URL.parse(origin)
  return url !== null && url.protocol === 'http:' && isLoopback(url.hostname) && url.port === own.port
}
