import { CodedError } from '../../../shared/errors.js'

/** Everything that can be wrong with an app, its settings or the command line, as a closed list. */
export type HostErrorCode =
  | 'ENTRY_POINT'
  | 'FUNCTION_UNKNOWN'
  | 'FUNCTION_TWICE'
  | 'SETTING_MISSING'
  | 'HOST_JSON'
  | 'SCHEDULE'
  | 'TRIGGER_UNSUPPORTED'
  | 'BINDING'
  | 'USAGE'

/** What keeps the local function host from starting or from running a function. */
export class HostError extends CodedError<HostErrorCode> {}
