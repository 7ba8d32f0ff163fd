import {
  type AddFile,
  commitInfoOf,
  DeltaError,
  type DeltaTable,
  type RemoveFile,
  type TableState,
} from '../../delta/index.js'
import { asObject } from '../../types/index.js'
import { newDataFiles } from '../incremental/index.js'
import { noSkew, type Skew, skewOf, worseSkew } from './clockSkew.js'
import { deletedOnPurpose } from './deletedOnPurpose.js'
import { countFiles, type FileTotals, totalsAfter } from './tableHealth.js'
import { visibleAt } from './visibleAt.js'

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
  /** Of commits that removed rows for their age: files that are gone, and what stayed of them in others. */
  readonly ended: { readonly removed: readonly AddFile[]; readonly kept: readonly AddFile[] }
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
  const [removed, kept]: [AddFile[], AddFile[]] = [[], []]
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
      const lake = asObject(commitInfoOf(commit.actions)?.['lake'])
      const isExpiry = lake?.['retention'] !== undefined
      const committedAt = visibleAt(commit)
      for (const action of isExpiry ? [] : commit.actions) {
        if ('add' in action && action.add.dataChange) files.push({ add: action.add, committedAt })
        if ('remove' in action && action.remove.dataChange) recounted = true
      }
      if (isExpiry) {
        const gone = commit.actions.flatMap(action => ('remove' in action ? [fileOf(action.remove)] : []))
        recounted ||= gone.includes(undefined)
        removed.push(...gone.filter(file => file !== undefined))
        kept.push(...newDataFiles(commit.actions))
      }
      counted &&= totalsAfter(counted, commit.actions)
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
  const found = { infos, recounted, rebuilt, deleted, skew, totals: counted, lastCommitAt }
  if (!recounted) return { ...found, files, ended: { removed, kept } }
  const snapshot = await table.snapshot({ version: state.version })
  const all = (snapshot?.files ?? []).map(add => ({ add, committedAt: add.modificationTime }))
  return { ...found, files: all, ended: { removed: [], kept: [] } }
}

/** The file that a commit removes, as it was; undefined where the log no longer says. */
function fileOf({ size, partitionValues, ...remove }: RemoveFile): AddFile | undefined {
  if (size === undefined || partitionValues === undefined) return undefined
  const { path, stats, tags, deletionVector } = remove
  return { path, size, partitionValues, modificationTime: 0, dataChange: true, stats, tags, deletionVector }
}
