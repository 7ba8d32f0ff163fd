import { CodedError, type ErrorDetails } from '../errors.js'

/** Text that is no JSON, or a value that JSON has no form for. */
export class JsonError extends CodedError<'BAD_JSON'> {
  constructor(message: string, details: ErrorDetails = {}) {
    super('BAD_JSON', message, details)
  }
}
