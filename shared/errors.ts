/** Data attached to an error: what a reader of the log needs to act on it, by name. */
export type ErrorData = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>

/** What a {@link CodedError} takes beside its code and sentence; without `retryable`, no retry is promised. */
export interface ErrorDetails {
  readonly data?: ErrorData | undefined
  readonly cause?: unknown
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean | undefined
}

/**
 * Base of every error this project throws: a code from the layer's closed list, a sentence that names the thing and
 * the remedy, and the decision (`retryable`) made once, where the foreign error was seen.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly data: ErrorData
  readonly retryable: boolean

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.data = details.data ?? {}
    this.retryable = details.retryable ?? false
  }
}

/** True when `error`, or what caused it, says that trying again may help. */
export function isRetryable(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof CodedError && e.retryable) return true
  return false
}

/** Anything thrown, as an `Error`. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

const mistakes: readonly (new (...args: never[]) => Error)[] = [
  TypeError,
  RangeError,
  ReferenceError,
  SyntaxError,
  EvalError,
  URIError,
]

/**
 * True for what only a defect of the program throws (`RangeError`, `TypeError` and their like, a failed assertion): never
 * worth another try, and never to be reported as a fault of the network or of the settings. What `fetch` throws for a network
 * that fails is a TypeError too, and no defect.
 */
export function isProgrammingError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'AssertionError') return true
  return mistakes.some(kind => error instanceof kind) && !(error instanceof TypeError && error.cause instanceof Error)
}

/** The programming error in `error` or among its causes, if there is one. */
export function programmingErrorIn(error: unknown): Error | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (isProgrammingError(e)) return e
  return undefined
}
