import type { AddFile } from '../../delta/actions.js'
import { commitInfoOf } from '../../delta/commit.js'
import type { TableState } from '../../delta/state.js'
import type { DeltaTable } from '../../delta/table.js'

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
  /** When the newest version was committed, milliseconds. */
  readonly lastCommitAt: number
}

/** Reads the commits after `version`. A commit that removes rows makes the whole table the addition. */
export async function additionsSince(table: DeltaTable, state: TableState, version: number): Promise<Additions> {
  const files: AddedFile[] = []
  const infos: Readonly<Record<string, unknown>>[] = []
  let recounted = false
  let lastCommitAt = state.timestamp
  for await (const commit of table.commits(version + 1, state.version)) {
    lastCommitAt = commit.timestamp
    for (const action of commit.actions) {
      if ('add' in action && action.add.dataChange) files.push({ add: action.add, committedAt: commit.timestamp })
      if ('remove' in action && action.remove.dataChange) recounted = true
    }
    const lake = commitInfoOf(commit.actions)?.['lake']
    if (typeof lake === 'object' && lake !== null && !Array.isArray(lake)) infos.push(lake as Record<string, unknown>)
  }
  if (!recounted) return { files, infos, recounted, lastCommitAt }
  const snapshot = await table.snapshot({ version: state.version })
  const all = (snapshot?.files ?? []).map(add => ({ add, committedAt: add.modificationTime }))
  return { files: all, infos, recounted, lastCommitAt }
}
