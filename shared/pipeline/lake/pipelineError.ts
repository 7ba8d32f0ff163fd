import { CodedError } from '../../errors.js'

/** What keeps a step from going on, as a closed list. */
export const pipelineErrorCodes = [
  /** The topic was recreated or truncated: its offsets no longer mean what bronze has under them. */
  'TOPIC_RECREATED',
  /** The contract cannot be reconciled with the table that exists. */
  'CONTRACT_INCOMPATIBLE',
  /** A step's cursor points into a table that is not the one found now. */
  'SOURCE_TABLE_CHANGED',
  /** The source table lost versions that the step has not read. */
  'SOURCE_VERSIONS_GONE',
  /** A long repair was committed in part; the next call goes on. */
  'REPAIR_UNFINISHED',
  /** Other writers won every attempt. */
  'CONTENDED',
  /** A record does not fulfil an expectation that stops its partition. */
  'EXPECTATION_BROKEN',
  /** Silver cannot be brought to bronze's end, and so nothing be replayed into it. */
  'SILVER_BEHIND',
  /** A key to be erased is no value of the stream's key column. */
  'BAD_KEY',
  /** Rows of a key are erased, and something still holds what older versions need; the next call goes on. */
  'ERASURE_UNFINISHED',
  'MODEL_MISSING',
  'MODEL_MISMATCH',
  'NO_TABLE',
] as const

/** As `error_code` of `cluster_logs` has it. */
export type PipelineErrorCode = (typeof pipelineErrorCodes)[number]

/** A step's surprise. */
export class PipelineError extends CodedError<PipelineErrorCode> {}
