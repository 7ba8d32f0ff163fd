import { isRestError } from '@azure/storage-blob'
import { asError } from '../errors.js'
import { StorageError, type StorageErrorCode } from './storageError.js'

/** What the service said: HTTP status and its own code, such as 409 and `BlobAlreadyExists`. */
export interface ServiceAnswer {
  readonly status: number | undefined
  readonly code: string
  /** Milliseconds since 1970: when it was said, by the service's clock. */
  readonly date?: number | undefined
}

export function serviceAnswer(error: unknown): ServiceAnswer {
  if (!isRestError(error)) return { status: undefined, code: errorCode(error) }
  const details = error.details
  const detailed = typeof details === 'object' && details !== null && 'errorCode' in details ? details.errorCode : undefined
  // A HEAD has no body; its code is only in a header.
  const header = error.response?.headers.get('x-ms-error-code')
  const said = Date.parse(error.response?.headers.get('date') ?? '')
  return {
    status: error.statusCode,
    code: header ?? (typeof detailed === 'string' ? detailed : (error.code ?? error.name)),
    date: Number.isNaN(said) ? undefined : said,
  }
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** Never reached the service, so nothing can have happened. */
const neverSent: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const noIdentity: ReadonlySet<string> = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
])

interface Meaning {
  readonly code: StorageErrorCode
  readonly reason: string
  readonly retryable: boolean
  /** Whether a write may have happened in spite of it. */
  readonly maybeDone: boolean
}

/** What a failed request means for a store. `write`: the request would have changed something. */
export function azureError(operation: string, name: string, thrown: unknown, write: boolean): StorageError {
  if (thrown instanceof StorageError) return thrown
  const answer = serviceAnswer(thrown)
  const { code, reason, retryable, maybeDone } = meaningOf(answer, asError(thrown))
  const said = answer.status === undefined ? answer.code : `${answer.status} ${answer.code}`
  return new StorageError(code, `Cannot ${operation} ${name}: ${reason} (${said}).`, {
    data: { operation, name, status: answer.status, answer: answer.code },
    cause: thrown,
    retryable,
    ambiguous: write && maybeDone,
  })
}

function meaningOf({ status, code }: ServiceAnswer, error: Error): Meaning {
  if (noIdentity.has(error.name)) {
    return final('STORAGE_FORBIDDEN', 'no identity to sign in with; use a managed identity, `az login`, or a connection string')
  }
  if (status === undefined) return withoutAnswer(code, error)
  if (status === 429 || code === 'ServerBusy' || code === 'AccountLimitExceeded') {
    return { ...passing('STORAGE_THROTTLED', 'the account is over its limits'), maybeDone: status >= 500 }
  }
  if (status === 408 || status === 504 || code === 'OperationTimedOut') {
    return { ...passing('STORAGE_TIMEOUT', 'the service took too long'), maybeDone: true }
  }
  if (status >= 500) return { ...passing('STORAGE_UNAVAILABLE', 'the service failed'), maybeDone: true }
  if (status === 401 || status === 403) {
    return final('STORAGE_FORBIDDEN', "access refused; check the identity's role (Storage Blob Data Contributor), the key, or the firewall")
  }
  if (code === 'ContainerNotFound') return final('STORAGE_ROOT_MISSING', 'the container does not exist')
  if (code === 'ContainerBeingDeleted') return passing('STORAGE_UNAVAILABLE', 'the container is being deleted')
  if (status >= 300 && status < 400) return final('STORAGE_FAILED', 'the service points elsewhere, where nothing is sent; check the address')
  if (status === 412) return passing('STORAGE_UNAVAILABLE', 'the object changed while it was read')
  if (code === 'InvalidResourceName' || code === 'InvalidUri' || code === 'OutOfRangeInput') {
    return final('STORAGE_BAD_ADDRESS', 'the service does not accept the name')
  }
  return final('STORAGE_FAILED', 'the service refused the request')
}

function withoutAnswer(code: string, error: Error): Meaning {
  if (error.name === 'AbortError' || error.name === 'TimeoutError' || code === 'ETIMEDOUT') {
    return { ...passing('STORAGE_TIMEOUT', 'no answer in time'), maybeDone: true }
  }
  if (neverSent.has(code)) return passing('STORAGE_UNAVAILABLE', 'the service cannot be reached')
  if (isRestError(error) || /^E[A-Z]+$/.test(code)) {
    return { ...passing('STORAGE_UNAVAILABLE', 'the connection broke'), maybeDone: true }
  }
  return { ...final('STORAGE_FAILED', error.message), maybeDone: true }
}

function passing(code: StorageErrorCode, reason: string): Meaning {
  return { code, reason, retryable: true, maybeDone: false }
}

function final(code: StorageErrorCode, reason: string): Meaning {
  return { code, reason, retryable: false, maybeDone: false }
}
