import { type Row, textOf } from '../../types/index.js'
import type { Sample, TaskMeasure } from './series.js'

/** A run of a step, out of `cluster_logs`. Times are milliseconds since 1970. */
export interface TaskRun {
  readonly start: number
  readonly end: number
  readonly outcome: string
  readonly rowsIn: number
  readonly rowsOut: number
  readonly trigger: string | undefined
  readonly error: string | undefined
}

/** Undefined for a row that does not say when the run ended. */
export function taskRun(row: Row): TaskRun | undefined {
  const end = timeOf(row['end_time'])
  if (end === undefined) return undefined
  return {
    start: timeOf(row['start_time']) ?? end,
    end,
    outcome: textOf(row, 'outcome') ?? 'unknown',
    rowsIn: countOf(row['rows_in']),
    rowsOut: countOf(row['rows_out']),
    trigger: textOf(row, 'trigger'),
    error: textOf(row, 'error_message'),
  }
}

/** What a run adds to its task's timeline. */
export function taskSample({ start, end, outcome, rowsOut }: TaskRun): Sample<TaskMeasure> {
  return {
    at: end,
    values: {
      runs: 1,
      committed: outcome === 'committed' ? 1 : 0,
      failed: isFailure(outcome) ? 1 : 0,
      rowsOut,
      seconds: Math.max(0, end - start) / 1000,
    },
  }
}

/** Whether an outcome of `cluster_logs` is one that someone should look at. */
export function isFailure(outcome: string): boolean {
  return outcome === 'failed' || outcome === 'unfinished'
}

/** Microseconds of a row as milliseconds. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'bigint' ? Number(value) / 1000 : undefined
}

/** A count of a row; 0 where it says none. */
export function countOf(value: unknown): number {
  const count = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0
  return Number.isFinite(count) ? Math.max(0, count) : 0
}
