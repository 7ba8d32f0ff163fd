import { randomUUID } from 'node:crypto'

import { systemClock } from '../../clock.js'
import { chunks } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import { discard } from '../dataFiles/index.js'
import { DeltaError } from '../deltaError.js'
import { requireMaintainable, type TableState } from '../protocol/index.js'
import { openFileList } from '../snapshot/index.js'
import { liveRowCount, sumOfCounts } from '../stats/index.js'
import { clusteringProvider, type DeltaTable } from '../table/index.js'
import { commonTags, cubeTagsOf } from './clustering.js'
import { commitReplacements, type Replacement } from './optimizeCommit.js'
import type { OptimizeMetrics, OptimizeOptions, OptimizeOutcome } from './optimizeOptions.js'
import { type OptimizeJob, planOptimize } from './optimizePlan.js'
import type { RewriteJob } from './rewriter.js'

const defaultCommitBytes = 2 ** 30

/**
 * Makes few large files of many small ones, sorted along the clustering columns where there are any. No row changes, so
 * readers that follow the table see nothing of it, and appends meanwhile are never held up: a rewrite whose files were
 * changed by somebody else is dropped. Memory is bounded by a row group and the list of the files to be replaced.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for a table that this writer may not touch
 * @example await optimizeTable(table, { minFiles: 8, olderThan: Date.now() - 600_000 })
 */
export async function optimizeTable(table: DeltaTable, options: OptimizeOptions = {}): Promise<OptimizeOutcome> {
  const clock = options.clock ?? systemClock
  // Refuses what cannot be read, and makes the version that is planned on known to the handle.
  if ((await table.state({ fresh: true })) === undefined) return { kind: 'noTable' }
  const list = await openFileList(table.store)
  if (list === undefined) return { kind: 'noTable' }
  const { state } = list
  requireMaintainable(state, { table: table.url, version: state.version })
  const { jobs, targetFileSize } = await planOptimize(list, options)
  if (jobs.length === 0) return { kind: 'nothingToDo', version: state.version }
  if (options.dryRun === true) {
    const files = jobs.reduce((sum, job) => sum + job.files.length, 0)
    return {
      kind: 'planned',
      version: state.version,
      files,
      bytes: jobs.reduce((sum, job) => sum + bytesOf(job.files), 0),
      jobs: jobs.length,
    }
  }
  const bounds = { targetFileSize, clock, between: options.between }
  const { chosen, more } = bounded(jobs, options.maxBytes ?? Infinity)
  let total: OptimizeMetrics = { numRemovedFiles: 0, numRemovedBytes: 0, numAddedFiles: 0, numAddedBytes: 0 }
  let [version, commits, dropped, rows] = [state.version, 0, 0, 0]
  for (const batch of chunks(chosen, job => bytesOf(job.files), options.commitBytes ?? defaultCommitBytes)) {
    const replacements: Replacement[] = []
    try {
      for (const job of batch) replacements.push(await rewrite(table, state, job, bounds))
    } catch (error) {
      await discard(
        table,
        replacements.flatMap(({ adds }) => adds),
      )
      throw error
    }
    const outcome = await commitReplacements(table, state, replacements, clock)
    await discard(
      table,
      outcome.dropped.flatMap(({ adds }) => adds),
    )
    dropped += outcome.dropped.length
    if (outcome.kind === 'stale') {
      if (commits === 0) return { kind: 'nothingToDo', version: outcome.version }
      break
    }
    if (outcome.kind === 'nothing') continue
    version = outcome.version
    commits++
    total = added(total, outcome.metrics)
    rows += outcome.rows
  }
  if (commits === 0 && dropped === 0) return { kind: 'nothingToDo', version }
  return { kind: 'optimized', version, commits, metrics: total, rows, dropped, more }
}

/** The first jobs up to `most` bytes together, and at least one. */
function bounded(jobs: readonly OptimizeJob[], most: number): { chosen: readonly OptimizeJob[]; more: boolean } {
  let bytes = 0
  let count = 0
  for (const { files } of jobs) {
    bytes += bytesOf(files)
    if (count > 0 && bytes > most) break
    count++
  }
  return { chosen: jobs.slice(0, count), more: count < jobs.length }
}

async function rewrite(
  table: DeltaTable,
  state: TableState,
  { files, clusterBy, provider, rewriter }: OptimizeJob,
  bounds: Pick<RewriteJob, 'targetFileSize' | 'clock' | 'between'>,
): Promise<Replacement> {
  const made = await rewriter.rewrite({ store: table.store, state, files, clusterBy, ...bounds })
  const tags = {
    ...commonTags(files),
    ...(clusterBy.length > 0 ? cubeTagsOf(randomUUID(), clusterBy) : {}),
  }
  const adds = made.map(add => ({
    ...add,
    dataChange: false,
    tags: Object.keys(tags).length === 0 ? undefined : tags,
    clusteringProvider: provider ? clusteringProvider : undefined,
  }))
  const before = sumOfCounts(files.map(({ records }) => records))
  const after = liveRowCount(adds)
  if (before !== undefined && before !== after) {
    await discard(table, adds)
    throw new DeltaError(
      'DELTA_BAD_STATISTICS',
      `${files.length} files should hold ${before} rows by their statistics, but ${String(after)} were read; nothing was changed`,
      { where: { table: table.url, version: state.version, file: files[0]?.path } },
    )
  }
  return { files, adds, clusterBy }
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

function added(a: OptimizeMetrics, b: OptimizeMetrics): OptimizeMetrics {
  return {
    numRemovedFiles: a.numRemovedFiles + b.numRemovedFiles,
    numRemovedBytes: a.numRemovedBytes + b.numRemovedBytes,
    numAddedFiles: a.numAddedFiles + b.numAddedFiles,
    numAddedBytes: a.numAddedBytes + b.numAddedBytes,
  }
}
