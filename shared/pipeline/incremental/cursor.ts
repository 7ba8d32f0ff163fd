import type { TableState, Txn } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import { PipelineError } from '../lake/index.js'

/**
 * How far a table has read its source, kept in the table's own `txn` actions and so moved by the very commit that
 * brings the rows: both happen, or neither.
 */
export interface Cursor {
  /** The source's last version read whole; −1 before the first. */
  readonly version: number
  /** How many of the files that the version after it adds are read already, in the order of its log entry. */
  readonly files: number
}

/** The cursor of a table that has read nothing of its source: the source's version 0 is the next. */
export const atBeginning: Cursor = { version: -1, files: 0 }

/** Stands in the place of a cursor whose source was replaced by another: a txn can be changed, never taken away. */
const replaced = -2n

const prefixOf = (table: Identified) => `lake/${table.metadata.id}/from/`
const appIdOf = (table: Identified, sourceId: string) => prefixOf(table) + sourceId

type Identified = Pick<TableState, 'metadata'>

/**
 * The cursor of `table` in the source with that table id; undefined when it has read no source yet.
 *
 * @throws PipelineError SOURCE_TABLE_CHANGED when it has read another one: its rows say nothing about this one's
 */
export function readCursor(
  table: Pick<TableState, 'metadata' | 'txns'>,
  sourceId: string,
  names: { readonly table: string; readonly source: string; readonly rebuild: string },
): Cursor | undefined {
  const appId = appIdOf(table, sourceId)
  const whole = table.txns.get(appId)
  if (whole !== undefined && whole.version !== replaced) {
    return { version: Number(whole.version), files: Number(table.txns.get(`${appId}/files`)?.version ?? 0n) }
  }
  const other = sourcesOf(table).find(id => id !== sourceId)
  if (other === undefined && whole === undefined) return undefined
  throw new PipelineError(
    'SOURCE_TABLE_CHANGED',
    `${names.table} was made from the table ${other ?? 'that came after this one'}, but ${names.source} is now the table ${sourceId}: ` +
      `it was deleted and recreated, or replaced. Run \`${names.rebuild}\` to make ${names.table} from what is there now.`,
    { data: { table: names.table, source: names.source, sourceId, knownSourceId: other } },
  )
}

/** Whether the table has read anything of any source. */
export function hasCursor(table: Pick<TableState, 'metadata' | 'txns'>): boolean {
  return sourcesOf(table).length > 0
}

/** The txns that put the cursor there. */
export function cursorTxns(
  table: Pick<TableState, 'metadata' | 'txns'>,
  sourceId: string,
  cursor: Cursor,
  now: number,
): readonly Txn[] {
  const appId = appIdOf(table, sourceId)
  const txns: Txn[] = [{ appId, version: BigInt(cursor.version), lastUpdated: now }]
  if ((table.txns.get(`${appId}/files`)?.version ?? 0n) !== BigInt(cursor.files)) {
    txns.push({ appId: `${appId}/files`, version: BigInt(cursor.files), lastUpdated: now })
  }
  return txns
}

/** The txns that also give up the cursors in every other source: for the commit that replaces all rows. */
export function replacingTxns(
  table: Pick<TableState, 'metadata' | 'txns'>,
  sourceId: string,
  cursor: Cursor,
  now: number,
): readonly Txn[] {
  const others = sourcesOf(table).filter(id => id !== sourceId)
  return [
    ...cursorTxns(table, sourceId, cursor, now),
    ...others.map(id => ({ appId: appIdOf(table, id), version: replaced, lastUpdated: now })),
  ]
}

/** Whether a winner's txn moves a cursor of the table. */
export function movesCursor(table: Identified): (appId: string) => boolean {
  const prefix = prefixOf(table)
  return appId => appId.startsWith(prefix)
}

/** Ids of the tables that the table has a living cursor in. */
function sourcesOf(table: Pick<TableState, 'metadata' | 'txns'>): readonly string[] {
  const prefix = prefixOf(table)
  return [...table.txns.values()]
    .filter(txn => txn.appId.startsWith(prefix) && !txn.appId.endsWith('/files') && txn.version !== replaced)
    .map(txn => txn.appId.slice(prefix.length))
}

/** What was read of the source, for whoever reads the log. */
export function sourceJson(source: Pick<TableState, 'metadata'>, from: Cursor | undefined, to: Cursor): Json {
  return { table: source.metadata.id, from: from === undefined ? null : { ...from }, to: { ...to } }
}
