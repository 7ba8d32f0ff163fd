import { CodedError, type ErrorDetails } from '../errors.js'

/** Everything that can go wrong with a store, as a closed list. */
export const storageErrorCodes = [
  'STORAGE_UNAVAILABLE',
  'STORAGE_TIMEOUT',
  'STORAGE_THROTTLED',
  'STORAGE_FORBIDDEN',
  'STORAGE_ROOT_MISSING',
  'STORAGE_BAD_ADDRESS',
  'STORAGE_FAILED',
] as const

/** The `code` of a {@link StorageError}. */
export type StorageErrorCode = (typeof storageErrorCodes)[number]

/** A store's operation as a message names it: `Cannot write …`. */
export function operationText(operation: string): string {
  return verbs.get(operation) ?? operation
}

const verbs: ReadonlyMap<string, string> = new Map([
  ['get', 'read'],
  ['head', 'read'],
  ['put', 'write'],
  ['putIfAbsent', 'write'],
  ['create', 'write'],
  ['stage', 'write'],
  ['commit', 'write'],
])

/** A store's surprise. `ambiguous` says that a write may have happened although its answer was lost. */
export class StorageError extends CodedError<StorageErrorCode> {
  readonly ambiguous: boolean

  constructor(code: StorageErrorCode, message: string, details: ErrorDetails & { readonly ambiguous?: boolean } = {}) {
    super(code, message, details)
    this.ambiguous = details.ambiguous ?? false
  }
}
