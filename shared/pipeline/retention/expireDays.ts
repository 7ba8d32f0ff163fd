import { type Action, type AddFile, removedFile, type Snapshot, type Txn } from '../../delta/index.js'
import { formatDate, type Json } from '../../types/index.js'
import {
  expiredBefore,
  expiredBeforeTxn,
  firstKeptDay,
  isBefore,
  laterDay,
  liveRows,
  lostRowsTxns,
  movesCursor,
  nextRowLoss,
  rowLossAppId,
  rowLossJson,
} from '../incremental/index.js'
import { type Lake, untilCommitted } from '../lake/index.js'

/** A table whose rows have an end, by the days that its partition column has. */
export interface AgingTable {
  readonly path: string
  readonly dayColumn: string
  /** Milliseconds. */
  readonly retainMs: number
  /** Where in `lake` of `commitInfo` its counts are. */
  readonly layer: 'silver' | 'gold'
  /** What is counted of the files: rows, unless the rows stand for others. */
  readonly count?: (snapshot: Snapshot, files: readonly AddFile[]) => Promise<number>
  /** Which table has still to read days before that one; then they stay. */
  readonly unreadBy: (snapshot: Snapshot, firstDay: number) => Promise<string | undefined>
}

/** What one commit removed; or which table still holds rows that are over. */
export type ExpiredRows =
  { readonly rows: number; readonly files: number; readonly version: number } | { readonly heldBy: string }

/** How many times in a row other writers may win. */
const maxPlans = 20

/**
 * Removes the files of days that are over, in one commit and without rewriting any: each is of one day. Rows that come
 * for such a day afterwards are not taken in by whoever made them.
 *
 * @returns undefined when there is nothing to remove
 */
export function expireDays(lake: Lake, table: AgingTable): Promise<ExpiredRows | undefined> {
  return untilCommitted(lake, table.path, maxPlans, () => expireOnce(lake, table))
}

async function expireOnce(lake: Lake, aging: AgingTable): Promise<ExpiredRows | undefined | 'lost'> {
  const { path, dayColumn, retainMs, layer } = aging
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  const firstDay = firstKeptDay(retainMs, await table.store.now())
  const files = snapshot?.files.filter(file => isBefore(file, dayColumn, firstDay)) ?? []
  if (snapshot === undefined || firstDay === undefined || files.length === 0) return undefined
  const heldBy = await aging.unreadBy(snapshot, firstDay)
  if (heldBy !== undefined) return { heldBy }
  const rows = await (aging.count?.(snapshot, files) ?? liveRows(table, snapshot, files))
  const now = lake.clock.now()
  const txns = [
    nextRowLoss(snapshot, now),
    expiredBeforeTxn(snapshot, laterDay(firstDay, expiredBefore(snapshot)), now),
    ...lostRowsTxns(snapshot, 'expired', rows, now),
  ]
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [
      ...txns.map((txn: Txn): Action => ({ txn })),
      ...files.map((file): Action => ({ remove: removedFile(file, now) })),
    ],
    operation: 'DELETE',
    operationParameters: { predicate: `["${endOf(dayColumn, firstDay)}"]` },
    operationMetrics: { numRemovedFiles: files.length, numAddedFiles: 0, numDeletedRows: rows },
    info: { lake: { [layer]: { expired: rows }, ...expiryJson(dayColumn, firstDay) } },
    isBlindAppend: false,
    // Rows that came meanwhile may be of days that are over: then these are looked at again.
    reads: {
      files: 'all',
      appIds: appId => appId === rowLossAppId(snapshot) || movesCursor(snapshot)(appId),
      overCompaction: true,
    },
  })
  return outcome.kind === 'conflict' ? 'lost' : { rows, files: files.length, version: outcome.version }
}

/** The condition of the rows that are over. */
export function endOf(dayColumn: string, firstDay: number): string {
  return `${dayColumn} < '${formatDate(firstDay) ?? String(firstDay)}'`
}

/** By what `lake` of `commitInfo` is known as that of an expiry; nothing is computed again for it. */
export function expiryJson(dayColumn: string, firstDay: number): Readonly<Record<'rowLoss' | 'retention', Json>> {
  return { rowLoss: rowLossJson({ days: new Map() }), retention: { before: endOf(dayColumn, firstDay) } }
}
