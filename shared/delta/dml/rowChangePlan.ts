import type { Action } from '../actions/index.js'
import type { Reads, Transaction } from '../transaction/index.js'
import { type Plan, type WriteMetrics, type WriteOptions, writtenFeatures } from '../write/index.js'

/** The result of a change of rows, and how the log is to report it. */
export interface PlannedChange {
  readonly operation: 'DELETE' | 'UPDATE' | 'MERGE'
  readonly operationParameters: NonNullable<Transaction['operationParameters']>
  readonly metrics: WriteMetrics
  readonly actions: readonly Action[]
  readonly written: Plan['written']
  /** Which files the change depends on: those that may hold rows it is about. */
  readonly reads: Reads['files']
}

/** A change of rows as a plan to be committed. */
export function rowChangePlan(
  { operation, operationParameters, metrics, actions, written, reads }: PlannedChange,
  options: WriteOptions,
): Plan {
  return {
    transaction: {
      actions,
      operation,
      operationParameters,
      operationMetrics: metrics,
      info: options.info,
      isBlindAppend: false,
      // What was read stays true when rows are only moved to other files.
      reads: { files: reads, appIds: () => false, overCompaction: true },
      keeps: writtenFeatures(options),
    },
    metrics,
    written,
  }
}

/** The condition of a change as the log reports it: a list of one, or of none when all rows change. */
export function predicateParameter(text: string | undefined): string {
  return JSON.stringify(text === undefined ? [] : [text])
}
