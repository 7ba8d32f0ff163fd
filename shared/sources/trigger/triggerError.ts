import { CodedError, type ErrorDetails } from '../../errors.js'

export const triggerErrorCodes = ['TRIGGER_PAYLOAD', 'TRIGGER_OFFSET'] as const

export type TriggerErrorCode = (typeof triggerErrorCodes)[number]

/** A trigger handed over something that is not what its binding promises: a matter of configuration, not of a record. */
export class TriggerError extends CodedError<TriggerErrorCode> {
  constructor(code: TriggerErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details)
  }
}
