import { CodedError } from '../../../shared/errors.js'

/** Everything that can keep a local broker from running, as a closed list. */
export const localKafkaErrorCodes = [
  'JAVA_MISSING',
  'MAVEN_MISSING',
  'JARS_UNAVAILABLE',
  'PORT_IN_USE',
  'STATE_IN_USE',
  'FORMAT_FAILED',
  'START_FAILED',
] as const

/** The `code` of a {@link LocalKafkaError}. */
export type LocalKafkaErrorCode = (typeof localKafkaErrorCodes)[number]

/** Why no broker runs on this machine, with what to do about it. */
export class LocalKafkaError extends CodedError<LocalKafkaErrorCode> {}
