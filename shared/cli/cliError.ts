import { CodedError } from '../errors.js'

/** Why a command did not do what it was asked, as a closed list. */
export const cliErrorCodes = [
  /** The command line itself is wrong: an unknown command or option, a value that is none. */
  'USAGE',
  /** What was named is not there. */
  'NOT_FOUND',
  /** Rows that were brought do not fit their table. */
  'BAD_INPUT',
  /** The user was asked, and did not say yes. */
  'DECLINED',
  /** The step ran and did not succeed. */
  'STEP_FAILED',
  /** Whoever read the output has gone (`lake … | head`); nothing is wrong. */
  'OUTPUT_CLOSED',
  /** Ctrl-C. */
  'INTERRUPTED',
] as const

/** What a caller decides by; the message is for a person. */
export type CliErrorCode = (typeof cliErrorCodes)[number]

/** What the command line has to say to its user. */
export class CliError extends CodedError<CliErrorCode> {}
