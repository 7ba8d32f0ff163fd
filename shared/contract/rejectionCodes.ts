/**
 * Why a record was put in quarantine, as a closed list. The message says it in words; the code is what one counts.
 */
export const rejectionCodes = [
  'NOT_UTF8',
  'NOT_JSON',
  'NOT_DECODED',
  /** The registry has no schema of the id that it names. */
  'SCHEMA_UNKNOWN',
  /** The schema that it names cannot be used: of another format, or not understood. */
  'SCHEMA_UNUSABLE',
  'NOT_AN_OBJECT',
  'FIELD_MISSING',
  'FIELD_TYPE',
  'FIELD_VALUE',
  'EVENT_TIME_IN_FUTURE',
  'EXPECTATION_FAILED',
  /** Its key, value or headers are longer than BRONZE_MAX_RAW_SIZE; the contract is not asked. */
  'RECORD_TOO_LARGE',
  /** Its bytes cannot be parsed as key, value and headers; the contract is not asked. */
  'RECORD_DAMAGED',
] as const

/** As `_error_code` of bronze has it. */
export type RejectionCode = (typeof rejectionCodes)[number]

/** Why a record is left out on purpose: in bronze with its code, and neither in silver nor in quarantine. */
export const excludedCodes = [
  /** An expectation that says `drop` is not fulfilled. */
  'EXPECTATION_DROPPED',
  /** The contract's `where` is not true of it. */
  'FILTERED',
  /** Its key was erased: all that is left of it is where and when it was. */
  'ERASED',
] as const

/** As `_error_code` of bronze has it, too. */
export type ExcludedCode = (typeof excludedCodes)[number]

/** Whether a code is one of {@link excludedCodes}. */
export function isExcluded(code: string): code is ExcludedCode {
  return (excludedCodes as readonly string[]).includes(code)
}

/** Why one record is not in silver: `_error_code`, `_error_path` and `_error_message` of bronze. */
export interface Rejection {
  readonly code: RejectionCode | ExcludedCode
  /** The field, as `a.b[3]`; empty for the record as a whole; an expectation's name for those of expectations. */
  readonly path: string
  readonly message: string
}
