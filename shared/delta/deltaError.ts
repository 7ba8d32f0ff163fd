import { CodedError, type ErrorData, type ErrorDetails } from '../errors.js'
import { namedValues } from '../types/index.js'

/** Everything that can go wrong with a Delta table, as a closed list. */
export const deltaErrorCodes = [
  'DELTA_NO_TABLE',
  'DELTA_NO_VERSION',
  'DELTA_LOG_CORRUPT',
  'DELTA_VERSION_GAP',
  'DELTA_NO_PROTOCOL',
  'DELTA_NO_METADATA',
  'DELTA_BAD_JSON',
  'DELTA_BAD_ACTION',
  'DELTA_BAD_COMMIT',
  'DELTA_BAD_PATH',
  'DELTA_BAD_SCHEMA',
  'DELTA_BAD_PARTITION_VALUE',
  'DELTA_BAD_STATISTICS',
  'DELTA_BAD_PROPERTY',
  'DELTA_BAD_ROWS',
  'DELTA_CONSTRAINT_VIOLATED',
  'DELTA_APPEND_ONLY',
  'DELTA_UNSUPPORTED_FEATURE',
  'DELTA_UNSUPPORTED_TYPE',
  'DELTA_INCOMPATIBLE_SCHEMA',
  'DELTA_CHECKPOINT_CORRUPT',
  'DELTA_FILE_MISSING',
  'DELTA_NO_COLUMN',
  'DELTA_NO_CHANGE_DATA',
  'DELTA_BAD_DATA_FILE',
  'DELTA_BAD_DELETION_VECTOR',
  'DELTA_COMMIT_UNRESOLVED',
] as const

/** What `code` of a {@link DeltaError} can be. Codes stay the same from version to version, unlike messages. */
export type DeltaErrorCode = (typeof deltaErrorCodes)[number]

/** The place in a table's log that an error refers to. */
export interface LogPlace {
  /** The table's address or name. */
  readonly table?: string | undefined
  readonly version?: number | undefined
  readonly file?: string | undefined
  /** Counted from 1. */
  readonly line?: number | undefined
}

/** A surprise in a Delta table. The message ends with the place, and the place is in `data` too. */
export class DeltaError extends CodedError<DeltaErrorCode> {
  constructor(
    code: DeltaErrorCode,
    message: string,
    details: ErrorDetails & { readonly where?: LogPlace | undefined } = {},
  ) {
    const { where, ...rest } = details
    super(code, message + placeText(where), { ...rest, data: { ...placeData(where), ...rest.data } })
  }
}

function placeData(where: LogPlace | undefined): ErrorData {
  const data = namedValues<string | number>()
  for (const [name, value] of Object.entries(where ?? {}) as [string, string | number | undefined][])
    if (value !== undefined) data[name] = value
  return data
}

function placeText(where: LogPlace | undefined): string {
  const parts = Object.entries(placeData(where)).map(([name, value]) => `${name} ${String(value)}`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}
