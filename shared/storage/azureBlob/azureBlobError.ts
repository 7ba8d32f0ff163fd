import { isRestError } from '@azure/storage-blob'

import { asError } from '../../errors.js'
import { operationText, StorageError, type StorageErrorCode } from '../storageError.js'
import { TornAnswer } from './tornAnswer.js'

/** What the service answered: HTTP status and its own code, such as 409 and `BlobAlreadyExists`. */
export interface ServiceAnswer {
  readonly status: number | undefined
  readonly code: string
  /** Milliseconds since 1970: when it was answered, by the service's clock. */
  readonly date?: number | undefined
}

/**
 * The answer that an SDK error carries; without one, `status` is undefined and `code` the error's own, as `ECONNRESET`.
 */
export function serviceAnswer(error: unknown): ServiceAnswer {
  if (!isRestError(error)) return { status: undefined, code: errorCode(error) }
  const details = error.details
  const detailed =
    typeof details === 'object' && details !== null && 'errorCode' in details ? details.errorCode : undefined
  // A HEAD has no body; its code is only in a header.
  const header = error.response?.headers.get('x-ms-error-code')
  const answeredAt = Date.parse(error.response?.headers.get('date') ?? '')
  return {
    status: error.statusCode,
    code: header ?? (typeof detailed === 'string' ? detailed : (error.code ?? error.name)),
    date: Number.isNaN(answeredAt) ? undefined : answeredAt,
  }
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** Never reached the service, so nothing can have happened. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

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

/** What else explains a refusal. */
export interface RequestContext {
  /** The request would have changed something. */
  readonly write: boolean
  /** The signature in the query that it had; a secret, of which no more than its times is reported. */
  readonly sas?: string | undefined
  /** It went to an emulator on this machine. */
  readonly isLocalEmulator?: boolean | undefined
}

/** What a failed request means for a store. */
export function azureError(operation: string, name: string, thrown: unknown, context: RequestContext): StorageError {
  if (thrown instanceof StorageError) return thrown
  const answer = serviceAnswer(thrown)
  const { code, reason, retryable, maybeDone } = meaningOf(answer, asError(thrown), context)
  const answered = answer.status === undefined ? answer.code : `${answer.status} ${answer.code}`
  return new StorageError(code, `Cannot ${operationText(operation)} ${name}: ${reason} (${answered}).`, {
    data: { operation, name, status: answer.status, answer: answer.code },
    cause: thrown,
    retryable,
    ambiguous: context.write && maybeDone,
  })
}

function meaningOf({ status, code, date }: ServiceAnswer, error: Error, context: RequestContext): Meaning {
  if (noIdentity.has(error.name)) {
    return final(
      'STORAGE_FORBIDDEN',
      'no identity to sign in with; use a managed identity, `az login`, or a connection string',
    )
  }
  if (status === undefined) return withoutAnswer(code, error)
  if (status === 429 || code === 'ServerBusy' || code === 'AccountLimitExceeded') {
    return { ...passing('STORAGE_THROTTLED', 'the account is over its limits'), maybeDone: status >= 500 }
  }
  if (status === 408 || status === 504 || code === 'OperationTimedOut') {
    return { ...passing('STORAGE_TIMEOUT', 'the service took too long'), maybeDone: true }
  }
  if (status >= 500) {
    const reason = context.isLocalEmulator === true ? emulatorFailed : 'the service failed'
    return { ...passing('STORAGE_UNAVAILABLE', reason), maybeDone: true }
  }
  if (status >= 200 && status < 300)
    return { ...passing('STORAGE_UNAVAILABLE', 'the answer was torn'), maybeDone: true }
  if (code === 'WriteOperationNotSupportedOnSecondary') {
    return final(
      'STORAGE_FORBIDDEN',
      'this is the read-only copy of the account; write to the primary, whose host has no "-secondary"',
    )
  }
  if (status === 401 || status === 403) return final('STORAGE_FORBIDDEN', refusal(code, date, context.sas))
  if (code === 'ContainerNotFound') return final('STORAGE_ROOT_MISSING', 'the container does not exist')
  if (code === 'ContainerBeingDeleted') return passing('STORAGE_UNAVAILABLE', 'the container is being deleted')
  if (status >= 300 && status < 400)
    return final('STORAGE_FAILED', 'the service points elsewhere, where nothing is sent; check the address')
  if (/^Lease|^BlobLease/.test(code)) {
    return final(
      'STORAGE_FAILED',
      'somebody holds a lease on the object, so nobody else can change it; wait until the lease ends, or break it',
    )
  }
  if (/Immutab|LegalHold/i.test(code)) {
    return final(
      'STORAGE_FAILED',
      'the object is immutable: a retention policy or a legal hold of the container protects it',
    )
  }
  if (code === 'BlobArchived') return final('STORAGE_FAILED', 'the object is in the archive tier; rehydrate it first')
  if (status === 412) return passing('STORAGE_UNAVAILABLE', 'the object changed while it was read')
  if (code === 'InvalidResourceName' || code === 'InvalidUri' || code === 'OutOfRangeInput') {
    return final('STORAGE_BAD_ADDRESS', 'the service does not accept the name')
  }
  return final('STORAGE_FAILED', 'the service refused the request')
}

const emulatorFailed =
  'the emulator failed; the likely cause is a full disk: make room on the disk of its data, or see its log'

function withoutAnswer(code: string, error: Error): Meaning {
  if (error.name === 'AbortError' || error.name === 'TimeoutError' || code === 'ETIMEDOUT') {
    return { ...passing('STORAGE_TIMEOUT', 'no answer in time'), maybeDone: true }
  }
  const refused = unusable(code, error)
  if (refused !== undefined) return final('STORAGE_BAD_ADDRESS', refused)
  if (error instanceof TornAnswer) return { ...passing('STORAGE_UNAVAILABLE', 'the connection broke'), maybeDone: true }
  if (neverSent.has(code)) return passing('STORAGE_UNAVAILABLE', 'the service cannot be reached')
  if (isRestError(error) || /^E[A-Z]+$/.test(code)) {
    return { ...passing('STORAGE_UNAVAILABLE', 'the connection broke'), maybeDone: true }
  }
  return { ...final('STORAGE_FAILED', error.message), maybeDone: true }
}

/** Why no request gets through, whoever tries again; undefined when it may be otherwise the next time. */
function unusable(code: string, error: Error): string | undefined {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return 'what listens there does not speak TLS; is it an http:// address?'
  if (code.startsWith('HPE_'))
    return 'what listens there does not speak HTTP; is it an https:// address, or another port?'
  if (/CERT|ERR_TLS|UNABLE_TO_VERIFY/.test(code)) return `its certificate is not trusted here: ${error.message}`
  return undefined
}

/** Whether put-if-absent found the name taken. 409 and 412 both say so; any other 409 (a lease, a container on its way out) is an error. */
export function meansExists(error: unknown): boolean {
  const { status, code } = serviceAnswer(error)
  if (status === 409) return code === 'BlobAlreadyExists' || code === 'PathAlreadyExists'
  return status === 412 && code === 'ConditionNotMet'
}

/** True for a failure without an answer that stays one, however often the request is sent. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  return noIdentity.has(error.name) || unusable(errorCode(error), error) !== undefined
}

/** By so much clocks may differ before requests are refused for it; the service allows 15 minutes. */
const clockToleranceMs = 5 * 60_000

function refusal(code: string, service: number | undefined, sas: string | undefined): string {
  const here = Date.now()
  const now = service ?? here
  const skewed = Math.abs(here - now) > clockToleranceMs
  const clocks =
    service === undefined
      ? `this machine's clock says ${timeText(here)}`
      : `the service's clock says ${timeText(service)}, this machine's ${timeText(here)}`
  const fields = new URLSearchParams(sas ?? '')
  const [starts, expires] = [fields.get('st') ?? '', fields.get('se') ?? '']
  if (Date.parse(expires) <= now) return `the signature (SAS) expired at ${expires} (${clocks}); get a new one`
  if (Date.parse(starts) > now) return `the signature (SAS) is not valid before ${starts} (${clocks})`
  if (skewed) return `access refused, and the clocks differ: ${clocks}; set this machine's clock`
  if (sas === undefined)
    return "access refused; check the identity's role (Storage Blob Data Contributor), the key, or the firewall"
  const permitted = fields.get('sp')
  const what =
    permitted === null
      ? ''
      : ` It permits "${permitted}"${expires === '' ? '' : ` until ${expires}`}, where a lake needs "racwdl".`
  return `access refused${/Permission|ResourceType|Service/.test(code) ? ': the signature (SAS) does not permit this' : '; check the signature (SAS)'}.${what} (${clocks})`
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}

function passing(code: StorageErrorCode, reason: string): Meaning {
  return { code, reason, retryable: true, maybeDone: false }
}

function final(code: StorageErrorCode, reason: string): Meaning {
  return { code, reason, retryable: false, maybeDone: false }
}
