/** Settings by name, as a process has them. */
type Environment = Readonly<Record<string, string | undefined>>

/** As a function's `authLevel`: who reaches the page at all. */
type AccessLevel = 'function' | 'anonymous'

/**
 * Who reaches the page: whoever has a key, which the platform checks. Anonymous only where the platform signs people in
 * itself: the setting alone would open the page to everybody where that is not switched on.
 */
export function accessLevel(environment: Environment): AccessLevel {
  const isPlatforms = /^(true|1)$/i.test(environment['WEBSITE_AUTH_ENABLED'] ?? '')
  return environment['PAGE_AUTH'] === 'easyauth' && isPlatforms ? 'anonymous' : 'function'
}

/** What of a request says who sends it, and from where. */
export interface Sender {
  readonly level: AccessLevel
  readonly header: (name: string) => string | undefined
  /** The request's address. */
  readonly url: string
}

/** A status and a sentence. */
export interface Refusal {
  readonly status: 401 | 403
  readonly sentence: string
}

/**
 * Why a request is refused; undefined for one that may be answered. The header of a person signed in counts only where
 * the platform sets it and takes away what others send; a key, which the platform has checked before, needs none.
 *
 * @param changes whether the request has effects, which no other site may bring about
 */
export function refusal({ level, header, url }: Sender, changes: boolean): Refusal | undefined {
  if (level === 'anonymous' && isEmpty(header('x-ms-client-principal-id')) && isEmpty(header('x-ms-client-principal')))
    return { status: 401, sentence: 'Sign in first: nobody is signed in with this request.' }
  if (changes && !isOwnPage(header, url))
    return { status: 403, sentence: 'Requests from pages of another site are refused.' }
  return undefined
}

const isEmpty = (text: string | undefined) => text === undefined || text === ''

/** Browsers say where a request comes from; clients that are none say nothing, and have a key. */
function isOwnPage(header: Sender['header'], url: string): boolean {
  const site = header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = header('origin')
  return origin === undefined || URL.parse(origin)?.host === (header('host') ?? URL.parse(url)?.host)
}
