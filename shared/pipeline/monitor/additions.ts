import { type AddFile, commitInfoOf, DeltaError, type DeltaTable, type TableState } from '../../delta/index.js'
import { asObject } from '../../types/index.js'
import { noSkew, type Skew, skewOf, worseSkew } from './clockSkew.js'
import { deletedOnPurpose } from './deletedRows.js'
import { countFiles, type FileTotals, totalsAfter } from './tableHealth.js'

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
  /** Rows that somebody deleted on purpose; since the last rebuild, where there was one. */
  readonly deleted: number
  /** The pipeline itself replaced all rows: what was deleted before is no longer missing. */
  readonly rebuilt: boolean
  /** What the commits show of their writers' clocks. */
  readonly skew: Skew
  /** Of the table as it is now. */
  readonly totals: FileTotals
  /** When the newest version was committed, milliseconds. */
  readonly lastCommitAt: number
}

/**
 * Reads the commits after `version` up to that of `state`. A commit that removes rows makes the whole table the
 * addition; so do commits that log clean-up has removed before they were read.
 *
 * @param totals of the table at `version`; undefined when they are not known
 */
export async function additionsSince(
  table: DeltaTable,
  state: TableState,
  version: number,
  totals: FileTotals | undefined,
): Promise<Additions> {
  const files: AddedFile[] = []
  const infos: Readonly<Record<string, unknown>>[] = []
  let recounted = false
  let rebuilt = false
  let deleted = 0
  let skew = noSkew
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
      const lake = asObject(commitInfoOf(commit.actions)?.['lake'])
      if (lake !== undefined) infos.push(lake)
      if (Object.values(lake ?? {}).some(entry => asObject(entry)?.['rebuilt'] === true)) {
        rebuilt = true
        deleted = 0
      }
      deleted += await deletedOnPurpose(table, commit.version, commit.actions)
      // Before the first look a log may have been copied, and its files be younger than what they say.
      const seen = skewOf(commit)
      skew = worseSkew(skew, version < 0 ? { ...seen, behind: 0 } : seen)
    }
  } catch (error) {
    if (!(error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP')) throw error
    recounted = true
    counted = undefined
  }
  counted ??= await countFiles(table, state.version)
  if (!recounted) return { files, infos, recounted, rebuilt, deleted, skew, totals: counted, lastCommitAt }
  const snapshot = await table.snapshot({ version: state.version })
  const all = (snapshot?.files ?? []).map(add => ({ add, committedAt: add.modificationTime }))
  return { files: all, infos, recounted, rebuilt, deleted, skew, totals: counted, lastCommitAt }
}
