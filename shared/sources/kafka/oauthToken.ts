import { type Clock, systemClock } from '../../clock.js'
import { SourceError } from '../sourceError.js'

/** Client credentials (RFC 6749, 4.4). */
export interface OAuthClient {
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string | undefined
}

// A token is renewed this long before it expires.
const earlyMs = 60_000

/**
 * Access tokens for a client, kept until shortly before they end; calls at the same time share one request.
 * @throws SourceError (from the returned function) SOURCE_UNAUTHORIZED when the endpoint refuses the client,
 * SOURCE_UNREACHABLE when it does not answer or fails
 */
export function oauthTokens(
  client: OAuthClient,
  clock: Clock = systemClock,
  send: typeof fetch = fetch,
): () => Promise<string> {
  let current: { readonly token: string; readonly until: number } | undefined
  let coming: Promise<string> | undefined
  return async () => {
    if (current !== undefined && clock.monotonic() < current.until) return current.token
    coming ??= requestToken(client, send)
      .then(({ token, lifetimeMs }) => {
        current = { token, until: clock.monotonic() + Math.max(0, lifetimeMs - Math.min(earlyMs, lifetimeMs / 2)) }
        return token
      })
      .finally(() => (coming = undefined))
    return coming
  }
}

async function requestToken(client: OAuthClient, send: typeof fetch): Promise<{ token: string; lifetimeMs: number }> {
  const { tokenEndpoint, clientId, clientSecret, scope } = client
  const encode = (text: string): string => encodeURIComponent(text)
  let response: Response
  let body: unknown
  try {
    response = await send(tokenEndpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...(scope === undefined ? {} : { scope }),
      }).toString(),
      signal: AbortSignal.timeout(10_000),
    })
    body = await response.json().catch(() => undefined)
  } catch (cause) {
    throw new SourceError('SOURCE_UNREACHABLE', `The token endpoint ${tokenEndpoint} cannot be reached.`, {
      cause,
      retryable: true,
    })
  }
  if (!response.ok || !isToken(body)) {
    throw new SourceError(
      response.status >= 500 ? 'SOURCE_UNREACHABLE' : 'SOURCE_UNAUTHORIZED',
      `The token endpoint ${tokenEndpoint} gave no token (HTTP ${response.status}). Check KAFKA_OAUTH_CLIENT_ID, its secret and its scope.`,
      { retryable: response.status >= 500, data: { status: response.status } },
    )
  }
  return { token: body.access_token, lifetimeMs: (Number(body.expires_in) || 300) * 1000 }
}

const isToken = (body: unknown): body is { readonly access_token: string; readonly expires_in?: unknown } =>
  typeof body === 'object' && body !== null && 'access_token' in body && typeof body.access_token === 'string'
