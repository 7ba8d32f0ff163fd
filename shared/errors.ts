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

/**
 * What an error says, and what it was caused by, in one line: `fetch failed: connect ECONNREFUSED 127.0.0.1:9`. Not
 * redacted.
 */
export function reasonText(thrown: unknown): string {
  const parts: string[] = []
  const seen = new Set<unknown>()
  for (let one = thrown; one !== undefined && one !== null && !seen.has(one); one = causeOf(one)) {
    seen.add(one)
    const { message, name } = asError(one)
    const code = one instanceof Error && 'code' in one && typeof one.code === 'string' ? one.code : name
    const text = message === '' ? code : message
    if (!parts.some(part => part.includes(text))) parts.push(text)
  }
  return parts.join(': ')
}

/** A host with several addresses fails with an error that holds one for each, and says nothing itself. */
const causeOf = (error: unknown): unknown =>
  error instanceof AggregateError ? error.errors[0] : error instanceof Error ? error.cause : undefined

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
