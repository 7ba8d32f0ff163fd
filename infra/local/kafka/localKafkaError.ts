import { CodedError, type ErrorDetails } from '../../../shared/errors.js'

export const localKafkaErrorCodes = [
  'JAVA_MISSING',
  'MAVEN_MISSING',
  'JARS_UNAVAILABLE',
  'PORT_IN_USE',
  'STATE_IN_USE',
  'FORMAT_FAILED',
  'START_FAILED',
] as const

export type LocalKafkaErrorCode = (typeof localKafkaErrorCodes)[number]

/** Why no broker runs on this machine, with what to do about it. */
export class LocalKafkaError extends CodedError<LocalKafkaErrorCode> {
  constructor(code: LocalKafkaErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details)
  }
}
