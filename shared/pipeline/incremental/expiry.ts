import type { AddFile, TableState, Txn } from '../../delta/index.js'
import { dayMs, parseSparkDate } from '../../types/index.js'

/** Rows go by whole days of the table's partition column: a file is of one day, and none is rewritten for its age. */

type Counted = Pick<TableState, 'metadata' | 'txns'>

const appIdOf = ({ metadata }: Pick<TableState, 'metadata'>, name: string) => `lake/${metadata.id}/${name}`

/** In the place of a day where none is over any more, before all days: a txn can be changed, never taken away. */
const never = -(2n ** 31n) - 1n

/**
 * The first day since 1970 that is kept: those before it are older as a whole. Undefined where rows are kept for ever.
 *
 * @param now milliseconds of the storage's clock
 */
export function firstKeptDay(retainMs: number | undefined, now: number): number | undefined {
  return retainMs === undefined ? undefined : Math.floor((now - retainMs) / dayMs)
}

/** Which rows of a table an age is of: all, or of bronze the rejected ones alone, which may stay longer. */
type Aged = 'rows' | 'rejected'

const aged: Readonly<Record<Aged, string>> = { rows: 'expiredBefore', rejected: 'rejectedExpiredBefore' }

/** Before which day a table has lost its rows for their age, and gets no others; undefined when it has lost none. */
export function expiredBefore(table: Counted, of: Aged = 'rows'): number | undefined {
  const day = table.txns.get(appIdOf(table, aged[of]))?.version
  return day === undefined || day === never ? undefined : Number(day)
}

/** The txn that says so; undefined says that it is true of no day any more. */
export function expiredBeforeTxn(table: Counted, day: number | undefined, now: number, of: Aged = 'rows'): Txn {
  return { appId: appIdOf(table, aged[of]), version: day === undefined ? never : BigInt(day), lastUpdated: now }
}

/** The later of two days; a day that is undefined is before all others. */
export function laterDay(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b ?? a) > a ? b : a
}

/** Whether a file's rows are of a day before that one. */
export function isBefore(
  file: Pick<AddFile, 'partitionValues'>,
  column: string,
  firstDay: number | undefined,
): boolean {
  return isOver(file.partitionValues[column] ?? '', firstDay)
}

/** Whether a day, as a partition value has it, is before that one. */
export function isOver(partitionValue: string, firstDay: number | undefined): boolean {
  const day = parseSparkDate(partitionValue)
  return firstDay !== undefined && day !== undefined && day < firstDay
}
