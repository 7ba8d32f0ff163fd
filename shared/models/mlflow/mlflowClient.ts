import { type Clock, systemClock } from '../../clock.js'
import { isRetryable } from '../../errors.js'
import { asObject } from '../../types/index.js'
import { failedAnswer } from './failedAnswer.js'
import { exchange, type HttpAnswer, type HttpRequest, neverArrived } from './httpExchange.js'
import type { JsonObject } from './json.js'
import { MlflowError } from './mlflowError.js'
import type { RequestSigner } from './requestSigner.js'
import type { TrackingServer } from './trackingUri.js'

/** How a server is asked. */
export interface ClientOptions {
  /** Milliseconds without a byte after which a request is given up. */
  readonly timeoutMs: number
  /** How many more times a request is made that failed for a reason that passes. */
  readonly retries: number
  readonly clock?: Clock | undefined
}

/** Most bytes of an answer in JSON. */
const longestJson = 16 * 1024 ** 2
/** Most milliseconds between two tries. */
const longestPause = 30_000

/** The REST API of one server: signed, in time, tried again where that cannot do harm. */
export class MlflowClient {
  readonly server: TrackingServer
  readonly #signer: RequestSigner
  readonly #options: ClientOptions
  readonly #clock: Clock

  constructor(server: TrackingServer, signer: RequestSigner, options: ClientOptions) {
    this.server = server
    this.#signer = signer
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Asks for something.
   *
   * @param path below the server's address, `/api/2.0/mlflow/…`
   * @throws MlflowError
   */
  async get(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<JsonObject> {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
    return this.#json({ method: 'GET', url: this.#url(path) + search, headers: {} }, true)
  }

  /**
   * Says something that may be said twice.
   * @throws MlflowError
   */
  async send(method: 'POST' | 'PATCH', path: string, body: JsonObject): Promise<JsonObject> {
    return this.#json(this.#jsonRequest(method, path, body), true)
  }

  /**
   * Makes something new: not tried again after an answer that was lost, because there would be two of it then.
   * @throws MlflowError
   */
  async create(path: string, body: JsonObject): Promise<JsonObject> {
    return this.#json(this.#jsonRequest('POST', path, body), false)
  }

  /**
   * The bytes of a file.
   * @param maxBytes most that are taken
   * @throws MlflowError
   */
  async download(path: string, maxBytes: number): Promise<Uint8Array> {
    const answer = await this.#answer({ method: 'GET', url: this.#url(path), headers: {} }, true, maxBytes)
    return answer.body
  }

  /**
   * Puts a file there.
   * @throws MlflowError
   */
  async upload(path: string, bytes: Uint8Array): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream' }
    await this.#answer({ method: 'PUT', url: this.#url(path), headers, body: bytes }, true, longestJson)
  }

  #url(path: string): string {
    return this.server.baseUrl + path
  }

  #jsonRequest(method: 'POST' | 'PATCH', path: string, body: JsonObject): HttpRequest {
    const headers = { 'content-type': 'application/json' }
    return { method, url: this.#url(path), headers, body: JSON.stringify(body) }
  }

  async #json(request: HttpRequest, repeatable: boolean): Promise<JsonObject> {
    const { body } = await this.#answer(request, repeatable, longestJson)
    const text = new TextDecoder().decode(body)
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (cause) {
      throw this.#noJson(request, cause)
    }
    return asObject(json) ?? fail(this.#noJson(request))
  }

  async #answer(request: HttpRequest, repeatable: boolean, maxBytes: number): Promise<HttpAnswer> {
    for (let tried = 0; ; tried++) {
      let pause = pauseBefore(tried)
      let failure: unknown
      try {
        const answer = await exchange(await this.#signed(request), { timeoutMs: this.#options.timeoutMs, maxBytes })
        if (answer.status >= 200 && answer.status < 300) return answer
        failure = this.#failed(request, answer)
        pause = Math.max(pause, secondsOf(answer.headers.get('retry-after')) * 1000)
      } catch (thrown) {
        failure = thrown
      }
      const harmless =
        repeatable || neverArrived(failure) || (failure instanceof MlflowError && failure.code === 'MLFLOW_THROTTLED')
      if (!isRetryable(failure) || !harmless || tried >= this.#options.retries) throw failure
      await this.#clock.sleep(Math.min(pause, longestPause))
    }
  }

  async #signed(request: HttpRequest): Promise<HttpRequest> {
    let authorization
    try {
      authorization = await this.#signer.authorization()
    } catch (cause) {
      throw new MlflowError(
        'MLFLOW_UNAUTHORIZED',
        `No token for the MLflow server ${this.server.baseUrl}: the identity gives none. ${this.#signer.remedy}`,
        { cause, data: { url: this.server.baseUrl } },
      )
    }
    return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } }
  }

  #failed({ method, url }: HttpRequest, { status, headers, body }: HttpAnswer): MlflowError {
    return failedAnswer({
      status,
      body: new TextDecoder().decode(body.subarray(0, 16_384)),
      request: `${method} ${new URL(url).pathname}`,
      baseUrl: this.server.baseUrl,
      signInRemedy: this.#signer.remedy,
      location: headers.get('location') ?? undefined,
    })
  }

  #noJson({ method, url }: HttpRequest, cause?: unknown): MlflowError {
    return wrongAnswer(this.server, `${method} ${new URL(url).pathname}`, 'an object of JSON', cause)
  }
}

/** The error for an answer that lacks what it must have. */
export function wrongAnswer(
  { baseUrl }: TrackingServer,
  request: string,
  wanted: string,
  cause?: unknown,
): MlflowError {
  return new MlflowError(
    'MLFLOW_BAD_ANSWER',
    `${baseUrl} answers ${request} without ${wanted}: it is no MLflow server, or something stands between. Check MLFLOW_TRACKING_URI.`,
    { cause, data: { url: baseUrl, request } },
  )
}

/** Milliseconds, longer after each try, and not the same for all who wait. */
function pauseBefore(tried: number): number {
  return 1000 * 2 ** tried * (1 + Math.random() / 2)
}

function secondsOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
}

function fail(error: Error): never {
  throw error
}
