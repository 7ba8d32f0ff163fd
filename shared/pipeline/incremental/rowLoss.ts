import { type Action, commitInfoOf, type TableState, type Txn } from '../../delta/index.js'
import { asObject, type Json } from '../../types/index.js'

/**
 * Rows that a table has lost for good, because their key was erased or their time is over: what was made of them stays
 * as it is, or is taken out by whoever took them out here. Who follows the table passes such a commit.
 */
export interface RowLoss {
  /** Days of event time, as partition values, of which whatever is computed over rows has to be computed again. */
  readonly days: readonly string[]
}

/** What a commit of rows lost for good says of itself in `lake` of `commitInfo`. */
export function rowLossJson({ days }: RowLoss): Json {
  return { days: [...days] }
}

/** What a commit says of rows lost for good; undefined of any other commit. */
export function rowLossOf(actions: readonly Action[]): RowLoss | undefined {
  const loss = asObject(asObject(commitInfoOf(actions)?.['lake'])?.['rowLoss'])
  if (loss === undefined) return undefined
  const { days } = loss
  return { days: Array.isArray(days) ? days.filter(day => typeof day === 'string') : [] }
}

type Counted = Pick<TableState, 'metadata' | 'txns'>

/** The transaction that counts such commits of a table. */
export function rowLossAppId({ metadata }: Pick<TableState, 'metadata'>): string {
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

const validAppId = ({ metadata }: Pick<TableState, 'metadata'>) => `lake/${metadata.id}/validLost`

/** How many valid rows bronze has lost so. */
export function validLostOf(bronze: Counted): bigint {
  return bronze.txns.get(validAppId(bronze))?.version ?? 0n
}

/** The txn by which bronze has lost so many valid rows more. */
export function validLostTxn(bronze: Counted, more: number, now: number): Txn {
  return { appId: validAppId(bronze), version: validLostOf(bronze) + BigInt(more), lastUpdated: now }
}
