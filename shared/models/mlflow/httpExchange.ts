import { MlflowError } from './mlflowError.js'

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

/** Its answer, whole. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What one request may take. */
export interface ExchangeLimits {
  /** Milliseconds until the answer begins, and for each 64 KiB of it: silence and a trickle both end. */
  readonly timeoutMs: number
  /** Most bytes of the answer. */
  readonly maxBytes: number
}

/**
 * Sends one request and reads the answer whole; redirects are not followed.
 *
 * @throws MlflowError MLFLOW_UNREACHABLE, MLFLOW_TIMEOUT, MLFLOW_INCOMPLETE (all retryable), or MLFLOW_BAD_ANSWER when it
 * is longer than allowed
 */
export async function exchange(request: HttpRequest, { timeoutMs, maxBytes }: ExchangeLimits): Promise<HttpAnswer> {
  const { origin } = new URL(request.url)
  const watchdog = new Watchdog(timeoutMs)
  let begun = false
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers, 'accept-encoding': 'identity' },
      body: bodyOf(request.body),
      redirect: 'manual',
      signal: watchdog.signal,
    })
    begun = true
    const body = await readBody(response, {
      maxBytes,
      origin,
      onBytes: bytes => {
        watchdog.moved(bytes)
      },
    })
    return { status: response.status, headers: response.headers, body }
  } catch (thrown) {
    if (thrown instanceof MlflowError) throw thrown
    const details = { cause: thrown, retryable: true, data: { url: origin } }
    if (watchdog.barked) {
      const seconds = String(timeoutMs / 1000)
      throw new MlflowError(
        'MLFLOW_TIMEOUT',
        `The MLflow server ${origin} ${begun ? `sent less than ${String(progressBytes / 1024)} KiB in` : 'gave no answer for'} ${seconds} s. See whether it is overloaded, or raise MLFLOW_HTTP_REQUEST_TIMEOUT.`,
        details,
      )
    }
    if (begun) throw incomplete(origin, details)
    throw new MlflowError(
      'MLFLOW_UNREACHABLE',
      `The MLflow server ${origin} cannot be reached (${reasonOf(thrown)}). Check MLFLOW_TRACKING_URI, and that the server runs.`,
      details,
    )
  } finally {
    watchdog.stop()
  }
}

/** Whether a request that failed so cannot have reached the server. */
export function neverArrived(error: unknown): boolean {
  if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_UNREACHABLE') return false
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(reasonOf(error.cause))
}

async function readBody(
  response: Response,
  {
    maxBytes,
    origin,
    onBytes,
  }: { readonly maxBytes: number; readonly origin: string; readonly onBytes: (bytes: number) => void },
): Promise<Uint8Array> {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN)
  const tooLong = () =>
    new MlflowError(
      'MLFLOW_BAD_ANSWER',
      `The MLflow server ${origin} sends more than the ${String(maxBytes)} bytes that are taken. Raise MODEL_MEMORY_LIMIT if the model is that large.`,
      { data: { url: origin, limit: maxBytes } },
    )
  if (declared > maxBytes) {
    await response.body?.cancel()
    throw tooLong()
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    onBytes(chunk.byteLength)
    length += chunk.byteLength
    if (length > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  if (Number.isFinite(declared) && length !== declared)
    throw incomplete(origin, { data: { url: origin, length, declared } })
  return Buffer.concat(chunks, length)
}

function incomplete(
  origin: string,
  details: { readonly data: Record<string, string | number>; readonly cause?: unknown },
) {
  return new MlflowError(
    'MLFLOW_INCOMPLETE',
    `The MLflow server ${origin} ended an answer before it was whole. It is asked again.`,
    {
      ...details,
      retryable: true,
    },
  )
}

function bodyOf(body: string | Uint8Array | undefined): string | Uint8Array<ArrayBuffer> | null {
  // What is shared between threads cannot be sent.
  return typeof body === 'string' ? body : body === undefined ? null : new Uint8Array(body)
}

/** Says why a `fetch` failed: the system's code of the innermost cause, else what it says. */
function reasonOf(thrown: unknown): string {
  let reason = ''
  for (let e = thrown; e instanceof Error; e = e.cause)
    reason = 'code' in e && typeof e.code === 'string' && !e.code.startsWith('UND_') ? e.code : e.message
  return reason
}

/** So much of an answer shows that it moves: a server that sends a byte now and then would keep a run for ever. */
const progressBytes = 64 * 1024

/** Ends a request in which too little has moved for a time. */
class Watchdog {
  readonly #controller = new AbortController()
  readonly #ms: number
  #timer: NodeJS.Timeout
  #bytes = 0
  barked = false

  constructor(ms: number) {
    this.#ms = ms
    this.#timer = this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  moved(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < progressBytes) return
    this.#bytes = 0
    clearTimeout(this.#timer)
    this.#timer = this.#start()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.barked = true
      this.#controller.abort()
    }, this.#ms)
  }
}
