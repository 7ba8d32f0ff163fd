import { systemClock } from '../../clock.js'
import { elapsedMs } from '../../storage/index.js'
import { type AddFile, isAbsolutePath } from '../actions/index.js'
import type { FileList } from '../checkpoint/index.js'
import { targetFileSizeOf } from '../dataFiles/index.js'
import { liveRecordCount } from '../stats/index.js'
import { clusteringColumns, logicalPaths } from '../table/index.js'
import { packBins } from './binPacking.js'
import { planCubes } from './clustering.js'
import { concatenation } from './concatenation.js'
import { exceedsDeletedRows, maxDeletedRowsRatio } from './deletedRowsRatio.js'
import type { OptimizeOptions } from './optimizeOptions.js'
import type { Candidate, Rewriter } from './rewriter.js'

/** One rewrite: files of one partition, and the rewriter that replaces them. */
export interface OptimizeJob {
  readonly files: readonly Candidate[]
  /** None when the order of the rows stays. */
  readonly clusterBy: readonly (readonly string[])[]
  /** The provider's name for the new files, where the table has the clustering feature. */
  readonly provider: boolean
  readonly rewriter: Rewriter
}

/** The answer of {@link planOptimize}; `targetFileSize` is in bytes. */
export interface OptimizePlan {
  readonly jobs: readonly OptimizeJob[]
  readonly targetFileSize: number
}

/** Files of one group, and the rewriter that replaces them. */
interface Candidates {
  readonly rewriter: Rewriter
  readonly files: Candidate[]
}

const defaultClusterBytes = 4 * 2 ** 30
/** How many times the target a cube must have to be left alone for good. */
const fullCube = 64

/** A file dated in the future was written by a host whose clock is ahead: to put it together with others is harmless. */
function isYoung({ modificationTime }: AddFile, olderThan: number, now: number): boolean {
  return modificationTime > olderThan && elapsedMs(modificationTime, now) !== undefined
}

/** What is to be rewritten. Streams the file list: held are the files that may be replaced, no others. */
export async function planOptimize(list: FileList, options: OptimizeOptions): Promise<OptimizePlan> {
  const { state } = list
  const targetFileSize =
    options.targetFileSize ?? targetFileSizeOf(state.metadata.configuration, options.defaultTargetFileSize)
  const threshold = Math.min(options.threshold ?? targetFileSize * 0.75, targetFileSize)
  const minFiles = options.minFiles ?? 2
  const own = clusteringColumns(state)
  const columns = own === undefined ? (options.clusterBy ?? []) : logicalPaths(state.schema, own)
  const { clusterer } = options
  const now = (options.clock ?? systemClock).now()
  const clusters = clusterer !== undefined && columns.length > 0
  const ratio = options.maxDeletedRowsRatio ?? maxDeletedRowsRatio(state.metadata.configuration)
  const groups = new Map<string, Candidates>()
  for await (const actions of list.actions(Infinity)) {
    for (const action of actions) {
      if (!('add' in action)) continue
      const { add } = action
      // A file elsewhere belongs to another table, too.
      if (isAbsolutePath(add.path)) continue
      const rewriter = clusters && clusterer.accepts(add, state) ? clusterer : concatenation
      const sorted = rewriter !== concatenation
      const purge = exceedsDeletedRows(add, ratio)
      // What cannot be sorted here is compacted all the same, unless another writer sorted it.
      if (!sorted && ((add.size >= threshold && !purge) || (clusters && add.clusteringProvider !== undefined))) continue
      if (isYoung(add, options.olderThan ?? Infinity, now)) continue
      if (options.where !== undefined && !options.where(add.partitionValues)) continue
      const key = `${String(sorted)}\n${partitionKey(add)}\n${options.groupOf?.(add) ?? ''}`
      const candidate = { ...add, stats: undefined, records: liveRecordCount(add), purge }
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { rewriter, files: [candidate] })
      else group.files.push(candidate)
    }
  }
  const most = options.clusterBytes ?? defaultClusterBytes
  const jobs: OptimizeJob[] = []
  // The partition with the most files first: there a reader gains the most, should the call's bounds end it early.
  for (const { rewriter, files } of [...groups.values()].sort((a, b) => b.files.length - a.files.length)) {
    files.sort((a, b) => a.modificationTime - b.modificationTime || (a.path < b.path ? -1 : 1))
    const sorted = rewriter !== concatenation
    const lists = sorted
      ? withWorn(
          planCubes(files, columns, { full: targetFileSize * fullCube, most, target: targetFileSize, minFiles }),
          files,
        )
      : packBins(files, { target: targetFileSize, threshold, minFiles })
    for (const part of lists) {
      jobs.push({ files: part, clusterBy: sorted ? columns : [], provider: sorted && own !== undefined, rewriter })
    }
  }
  return { jobs, targetFileSize }
}

/** The lists, and those of the files by themselves that are in none and have many deleted rows. */
function withWorn(
  lists: readonly (readonly Candidate[])[],
  files: readonly Candidate[],
): readonly (readonly Candidate[])[] {
  const listed = new Set(lists.flat())
  return [...lists, ...files.filter(file => file.purge === true && !listed.has(file)).map(file => [file])]
}

function partitionKey({ partitionValues }: AddFile): string {
  return JSON.stringify(Object.entries(partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)))
}
