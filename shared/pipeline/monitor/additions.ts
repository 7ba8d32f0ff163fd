import type { AddFile } from '../../delta/actions.js'
import { commitInfoOf } from '../../delta/commit.js'
import { DeltaError } from '../../delta/deltaError.js'
import type { TableState } from '../../delta/state.js'
import type { DeltaTable } from '../../delta/table.js'
import { countFiles, totalsAfter, type FileTotals } from './tableHealth.js'

/** A data file and when it became queryable. */
export interface AddedFile {
  readonly add: AddFile
  /** Milliseconds: the commit's time. */
  readonly committedAt: number
}

/** What happened to a table since a version. */
export interface Additions {
  readonly files: readonly AddedFile[]
  /** The `lake` entries of the commits' `commitInfo`, in order. */
  readonly infos: readonly Readonly<Record<string, unknown>>[]
  /** Rows were taken away or rewritten: what was counted before no longer holds, and `files` are all the table has. */
  readonly recounted: boolean
  /** Of the table as it is now. */
  readonly totals: FileTotals
  /** When the newest version was committed, milliseconds. */
  readonly lastCommitAt: number
}

/**
 * Reads the commits after `version` up to that of `state`. A commit that removes rows makes the whole table the
 * addition; so do commits that log clean-up has taken before they were looked at.
 *
 * @param totals of the table at `version`; undefined when they are not known
 */
export async function additionsSince(table: DeltaTable, state: TableState, version: number, totals: FileTotals | undefined): Promise<Additions> {
  const files: AddedFile[] = []
  const infos: Readonly<Record<string, unknown>>[] = []
  let recounted = false
  let counted = totals
  let lastCommitAt = state.timestamp
  try {
    for await (const commit of table.commits(version + 1, state.version)) {
      lastCommitAt = commit.timestamp
      for (const action of commit.actions) {
        if ('add' in action && action.add.dataChange) files.push({ add: action.add, committedAt: commit.timestamp })
        if ('remove' in action && action.remove.dataChange) recounted = true
      }
      counted &&= totalsAfter(counted, commit.actions)
      const lake = commitInfoOf(commit.actions)?.['lake']
      if (typeof lake === 'object' && lake !== null && !Array.isArray(lake)) infos.push(lake as Record<string, unknown>)
    }
  } catch (error) {
    if (!(error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP')) throw error
    recounted = true
    counted = undefined
  }
  counted ??= await countFiles(table, state.version)
  if (!recounted) return { files, infos, recounted, totals: counted, lastCommitAt }
  const snapshot = await table.snapshot({ version: state.version })
  const all = (snapshot?.files ?? []).map(add => ({ add, committedAt: add.modificationTime }))
  return { files: all, infos, recounted, totals: counted, lastCommitAt }
}
