import { CodedError, type ErrorData } from '../errors.js'

/** What can be wrong with a declaration, as a closed list. */
export const contractErrorCodes = ['BAD_STREAM', 'BAD_FIELD_NAME', 'UNMAPPABLE_TYPE', 'BAD_DURATION'] as const

/** Which part of a declaration cannot work. */
export type ContractErrorCode = (typeof contractErrorCodes)[number]

/** A stream was declared in a way that cannot work. Thrown at declaration only, never for a record. */
export class ContractError extends CodedError<ContractErrorCode> {
  constructor(code: ContractErrorCode, message: string, data: ErrorData = {}) {
    super(code, message, { data })
  }
}

/** The error of a field that cannot be a column. */
export function unmappable(path: string, what: string, remedy: string): ContractError {
  const field = path === '' ? 'The contract' : `Field ${JSON.stringify(path)}`
  return new ContractError('UNMAPPABLE_TYPE', `${field}: ${what} has no column type: ${remedy}.`, { field: path })
}
