import { CodedError } from '../../errors.js'

/**
 * What a trigger can deliver wrongly, as a closed list: a payload of another form, or an offset that cannot be read
 * exactly.
 */
export const triggerErrorCodes = ['TRIGGER_PAYLOAD', 'TRIGGER_OFFSET'] as const

/** The `code` of a {@link TriggerError}. */
export type TriggerErrorCode = (typeof triggerErrorCodes)[number]

/** A trigger delivered something that is not what its binding promises: a matter of configuration, not of a record. */
export class TriggerError extends CodedError<TriggerErrorCode> {}
