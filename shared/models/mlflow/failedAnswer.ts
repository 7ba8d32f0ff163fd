import { MlflowError, type MlflowErrorCode } from './mlflowError.js'

/** An HTTP answer that is no success, and what was asked. */
export interface FailedAnswer {
  readonly status: number
  /** What the server says, as text. */
  readonly body: string
  /** `GET /api/2.0/mlflow/registered-models/alias`, for messages; without a query. */
  readonly request: string
  readonly baseUrl: string
  /** What to do when the server does not take the sign-in. */
  readonly signInRemedy: string
  /** Where a redirect leads. */
  readonly location?: string | undefined
}

/** The error for an answer, in one sentence; whether it is worth another try follows from the status. */
export function failedAnswer(answer: FailedAnswer): MlflowError {
  const { status, baseUrl, request } = answer
  const { code, sentence } = explained(answer)
  return new MlflowError(code, sentence, {
    data: { url: baseUrl, request, status, answer: serverMessage(answer.body).code },
    retryable: isTransient(status),
  })
}

/** Statuses after which the same request may succeed: those MLflow's own client tries again. */
export function isTransient(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status)
}

function explained(answer: FailedAnswer): { readonly code: MlflowErrorCode; readonly sentence: string } {
  const { status, body, request, baseUrl, signInRemedy, location } = answer
  const said = serverMessage(body)
  const saying = said.text === '' ? '' : ` ("${said.text}")`
  const { host } = new URL(baseUrl)
  const server = `The MLflow server ${baseUrl}`
  if (status >= 300 && status < 400) {
    const to = location === undefined ? 'elsewhere' : `to ${placeOf(location, baseUrl)}`
    return {
      code: 'MLFLOW_BAD_ANSWER',
      sentence: `${server} redirects ${to}, which is not followed. Set MLFLOW_TRACKING_URI to the server itself.`,
    }
  }
  if (status === 401)
    return { code: 'MLFLOW_UNAUTHORIZED', sentence: `${server} does not take the sign-in (HTTP 401). ${signInRemedy}` }
  if (status === 403 && /host header/i.test(body))
    return {
      code: 'MLFLOW_FORBIDDEN',
      sentence: `${server} does not serve the host name "${host}" (HTTP 403${saying}). Start it with --allowed-hosts ${host}.`,
    }
  if (status === 403)
    return { code: 'MLFLOW_FORBIDDEN', sentence: `${server} forbids ${request} (HTTP 403${saying}). ${signInRemedy}` }
  if (status === 404 && said.code === undefined)
    return {
      code: 'MLFLOW_NOT_FOUND',
      sentence: `${server} does not know ${request} (HTTP 404). Set MLFLOW_TRACKING_URI to the root of an MLflow server, 2.0 or newer.`,
    }
  if (status === 404) return { code: 'MLFLOW_NOT_FOUND', sentence: `${server} has no such thing: ${said.text}` }
  if (status === 429)
    return {
      code: 'MLFLOW_THROTTLED',
      sentence: `${server} has no time for more requests (HTTP 429). Ask less often, or raise its limit.`,
    }
  if (status >= 500)
    return {
      code: 'MLFLOW_SERVER_ERROR',
      sentence: `${server} failed at ${request} (HTTP ${status}${saying}). See the server's log.`,
    }
  return {
    code: 'MLFLOW_REFUSED',
    sentence: `${server} refuses ${request} (HTTP ${status}): ${said.text === '' ? 'it says no more' : said.text}`,
  }
}

/** MLflow's `error_code` and `message`; of any other answer its beginning, unless it is a page. */
export function serverMessage(body: string): { readonly code: string | undefined; readonly text: string } {
  try {
    const json: unknown = JSON.parse(body)
    if (typeof json === 'object' && json !== null && 'error_code' in json) {
      const message = 'message' in json && typeof json.message === 'string' ? json.message : ''
      return { code: String(json.error_code), text: oneLine(message) }
    }
  } catch {
    // No JSON: a proxy in front of the server.
  }
  return { code: undefined, text: /^\s*</.test(body) ? '' : oneLine(body) }
}

function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

function placeOf(location: string, baseUrl: string): string {
  return URL.parse(location, baseUrl)?.origin ?? 'an address that is none'
}
