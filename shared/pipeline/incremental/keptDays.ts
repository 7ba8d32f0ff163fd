import type { AddFile, Snapshot, TableState, Txn } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import type { Derivation, RebuildInput } from './derivation.js'
import { expiredBefore, expiredBeforeTxn, firstKeptDay, isBefore, laterDay } from './expiry.js'
import type { OpenedTable } from './openTable.js'

/** The whole source, for a table whose rows are replaced. */
export interface DailyRebuildInput extends RebuildInput {
  /** The first day that the table's own retention keeps, as it was when the work began. */
  readonly ownFirstDay: number | undefined
}

/** The whole source, and from which day on rows are made of it: of days before, the target keeps its own, or has none. */
export async function wholeOf(
  { target }: Derivation,
  source: Snapshot,
  opened: OpenedTable,
): Promise<DailyRebuildInput> {
  const ownFirstDay = firstKeptDay(target.retention?.retainMs, await opened.table.store.now())
  const lost = target.ofKept === undefined ? goneFrom(target, source, opened.state) : expiredBefore(source)
  return { source, target: opened, firstDay: laterDay(ownFirstDay, lost), ownFirstDay }
}

/** What a commit that replaces all rows takes away, and what it says of the files that stay. */
export interface KeptFiles {
  readonly removes: readonly AddFile[]
  readonly txns: readonly Txn[]
  readonly info: Readonly<Record<string, Json>>
}

/**
 * Which files of the table stay: those of days that the source has lost and this table has not.
 *
 * @param now milliseconds, of the txns
 */
export async function keptFiles(
  { target }: Derivation,
  { source, ownFirstDay }: DailyRebuildInput,
  opened: OpenedTable,
  now: number,
): Promise<KeptFiles> {
  const { table, state } = opened
  const files = (await table.snapshot({ version: state.version }))?.files ?? []
  const dayColumn = target.retention?.dayColumn
  if (dayColumn === undefined) return { removes: files, txns: [], info: {} }
  const lost = target.ofKept === undefined ? undefined : expiredBefore(source)
  const stays = (file: AddFile) => isBefore(file, dayColumn, lost) && !isBefore(file, dayColumn, ownFirstDay)
  const [before, after] = [expiredBefore(state), laterDay(ownFirstDay, goneFrom(target, source, state))]
  return {
    removes: files.filter(file => !stays(file)),
    txns: before === after ? [] : [expiredBeforeTxn(state, after, now)],
    info: (await target.ofKept?.({ source, target: opened }, files.filter(stays))) ?? {},
  }
}

/** Before which day rows are lost that cannot be made again, whatever the table's retention is by now. */
function goneFrom({ ofKept }: Derivation['target'], source: TableState, state: TableState): number | undefined {
  const [lost, before] = [expiredBefore(source), expiredBefore(state)]
  if (lost === undefined || before === undefined) return undefined
  return ofKept === undefined ? before : Math.min(lost, before)
}
