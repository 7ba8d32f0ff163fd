import type { Row } from '../../types/index.js'
import type { Amount, Condition, Signal } from './alert.js'

/** The column that says of when a row is. */
export const timeColumn = { monitor_logs: 'run_time', cluster_logs: 'end_time' } as const

/** Milliseconds since 1970; infinite for a row that does not say. */
export function timeOf({ table }: Signal, row: Row): number {
  const micros = row[timeColumn[table]]
  return typeof micros === 'bigint' ? Number(micros) / 1000 : Infinity
}

/** A number of the row, 0 or `ifNull` where it is null. */
export function numberOf(row: Row, column: string, ifNull = 0): number {
  const value = row[column]
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : ifNull
}

/** Whether a condition is true of the row. */
export function isTrue(condition: Condition, row: Row): boolean {
  const value = row[condition.column] ?? null
  if ('above' in condition) return numberOf(row, condition.column) > condition.above
  if ('notAbove' in condition) return numberOf(row, condition.column) <= condition.notAbove
  const values: readonly unknown[] = 'in' in condition ? condition.in : condition.notIn
  return values.includes(value) === 'in' in condition
}

/** What the row counts. */
export function amountOf({ column = '', ifNull, when = [] }: Amount, row: Row): number {
  if (!when.every(condition => isTrue(condition, row))) return 0
  return column === '' ? 1 : numberOf(row, column, ifNull)
}
