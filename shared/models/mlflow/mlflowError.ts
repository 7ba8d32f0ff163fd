import { CodedError, type ErrorDetails } from '../../errors.js'
import { redact } from '../../telemetry/index.js'

/** What can be wrong between this project and an MLflow server, as a closed list. */
export const mlflowErrorCodes = [
  /** An address or a setting that cannot be used. */
  'MLFLOW_BAD_ADDRESS',
  /** Nothing answers there. */
  'MLFLOW_UNREACHABLE',
  /** No answer in the time allowed. */
  'MLFLOW_TIMEOUT',
  /** HTTP 401. */
  'MLFLOW_UNAUTHORIZED',
  /** HTTP 403: signed in without the permission, or the server does not serve this host name. */
  'MLFLOW_FORBIDDEN',
  /** No such model, version, alias, run or file. */
  'MLFLOW_NOT_FOUND',
  /** HTTP 429. */
  'MLFLOW_THROTTLED',
  /** HTTP 5xx. */
  'MLFLOW_SERVER_ERROR',
  /** Any other refusal. */
  'MLFLOW_REFUSED',
  /** An answer that is not MLflow's: other JSON, a redirect, too long. */
  'MLFLOW_BAD_ANSWER',
  /** A download that ended early. */
  'MLFLOW_INCOMPLETE',
  /** A place or a path that the server names and that is not followed. */
  'MLFLOW_UNTRUSTED',
] as const

/** As `error_code` of `cluster_logs` has it. */
export type MlflowErrorCode = (typeof mlflowErrorCodes)[number]

/** What is wrong with an MLflow server, its answers, or the way to it. The message holds no secret. */
export class MlflowError extends CodedError<MlflowErrorCode> {
  constructor(code: MlflowErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, redact(message), details)
  }
}
