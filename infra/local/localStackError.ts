import { CodedError } from '../../shared/errors.js'

/** Everything that can keep the local stack from running, as a closed list. */
export type LocalStackErrorCode =
  | 'USAGE'
  | 'ALREADY_RUNNING'
  | 'NO_FREE_PORT'
  | 'KAFKA_UNAVAILABLE'
  | 'PROCESS_FAILED'
  | 'PART_FAILED'
  | 'UNREACHABLE'
  | 'TOPIC'
  | 'STATE'

/** Why the local stack does not run, with what to do about it. */
export class LocalStackError extends CodedError<LocalStackErrorCode> {}
