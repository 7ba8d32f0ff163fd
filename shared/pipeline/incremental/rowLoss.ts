import { type Action, commitInfoOf, type TableState, type Txn } from '../../delta/index.js'
import { asObject, type Json } from '../../types/index.js'

/**
 * Rows that a table has lost for good, because their key was erased or their time is over: what was made of them stays
 * as it is, or is taken out by whoever took them out here. Who follows the table passes such a commit.
 */
export interface RowLoss {
  /**
   * Days of event time, as partition values, of which whatever is computed over rows has to be computed again, with the
   * rows that each has lost.
   */
  readonly days: ReadonlyMap<string, number>
}

/** What a commit of rows lost for good says of itself in `lake` of `commitInfo`. */
export function rowLossJson({ days }: RowLoss): Json {
  return { days: Object.fromEntries(days) }
}

/** What a commit says of rows lost for good; undefined of any other commit. */
export function rowLossOf(actions: readonly Action[]): RowLoss | undefined {
  const loss = asObject(asObject(commitInfoOf(actions)?.['lake'])?.['rowLoss'])
  if (loss === undefined) return undefined
  const days = Object.entries(asObject(loss['days']) ?? {})
  return { days: new Map(days.map(([day, rows]) => [day, Number(rows)])) }
}

type Counted = Pick<TableState, 'metadata' | 'txns'>
type Identified = Pick<TableState, 'metadata'>

/** The transaction that counts such commits of a table. */
export function rowLossAppId({ metadata }: Identified): string {
  return `lake/${metadata.id}/rowLoss`
}

/** How many such commits a table has had: rows read of it before the last one may be of those that are lost. */
export function rowLossesOf(table: Counted): bigint {
  return table.txns.get(rowLossAppId(table))?.version ?? 0n
}

/** The txn of the next one. */
export function nextRowLoss(table: Counted, now: number): Txn {
  return { appId: rowLossAppId(table), version: rowLossesOf(table) + 1n, lastUpdated: now }
}

/** What is counted of rows lost so: those that bronze had as valid, and of other tables those erased, those expired. */
export type LostRows = 'valid' | 'erased' | 'expired'

const lostAppId = ({ metadata }: Identified, kind: LostRows) => `lake/${metadata.id}/${kind}Lost`

/** How many rows of that kind a table has lost since it was created. */
export function lostRowsOf(table: Counted, kind: LostRows): number {
  return Number(table.txns.get(lostAppId(table, kind))?.version ?? 0n)
}

/** The txns by which a table has lost so many rows more; none for none. */
export function lostRowsTxns(table: Counted, kind: LostRows, more: number, now: number): readonly Txn[] {
  if (more === 0) return []
  return [{ appId: lostAppId(table, kind), version: BigInt(lostRowsOf(table, kind)) + BigInt(more), lastUpdated: now }]
}
