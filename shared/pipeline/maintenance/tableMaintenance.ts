import { bronzePath, scoredPath, silverPath, type Stream } from '../../contract/index.js'
import { checkpointIfDue, commitPath, type DeltaTable, type TableState, tombstoneExpiry } from '../../delta/index.js'
import { cleanLog, optimizeTable, vacuumTable } from '../../delta/maintenance/index.js'
import { elapsedMs } from '../../storage/index.js'
import { dayMs } from '../../types/index.js'
import { lookupLayout } from '../incremental/index.js'
import { type Lake, maintenanceSessions, sortableBytes } from '../lake/index.js'
import type { StepResult } from '../step/index.js'
import { duckDbClusterer } from './clusterer.js'
import type { ConsumerPositions } from './consumerPositions.js'
import { errorGroup } from './errorGroup.js'

/** Younger files are left alone: whoever has just written or is about to read them is not disturbed. */
const settleMs = 10 * 60_000

/** A table and the stream it belongs to; none for the lake's own. */
export interface MaintainedTable {
  readonly path: string
  readonly stream: Stream | undefined
}

/**
 * Maintains one table, as far as there is need: rows whose time is over are removed, small files are compacted, a checkpoint is written, and once a day
 * files and log entries that nobody needs are deleted. Bounded: what is left is done by the next run.
 */
export async function maintainTable(
  lake: Lake,
  { path, stream }: MaintainedTable,
  consumers: ConsumerPositions,
): Promise<StepResult> {
  const table = lake.table(path)
  const before = await table.state({ fresh: true })
  if (before === undefined) return { rowsIn: 0, rowsOut: 0, version: undefined, detail: { table: path } }
  const ended = stream === undefined ? {} : await endRows(lake, stream, path)
  const compaction = await compact(lake, table, path, stream)
  if (stream !== undefined && path === silverPath(stream)) {
    const { maintainKeyIndex } = await import('../keyIndex/index.js')
    await maintainKeyIndex(lake, stream)
  }
  const checkpointed = await checkpointIfDue(table, lake.settings.checkpointInterval)
  const cleaned = (await isDue(table)) ? await cleanUp(lake, table, path, stream, consumers) : {}
  const after = await table.state({ fresh: true })
  const changed =
    after !== undefined &&
    after.version > before.version &&
    (compaction.commits > 0 || 'vacuumed' in cleaned || 'expired' in ended)
  return {
    // A rewrite changes no row: as many are written as were read.
    rowsIn: compaction.rows,
    rowsOut: compaction.rows,
    version: changed || checkpointed ? after?.version : undefined,
    more: compaction.more,
    detail: { table: path, ...ended, ...compaction.detail, ...(checkpointed ? { checkpoint: true } : {}), ...cleaned },
  }
}

/** Removes rows whose time is over, before anything is spent on their files. */
async function endRows(lake: Lake, stream: Stream, path: string) {
  const isAging = Object.keys(stream.retention).length > 0
  const ended = isAging ? await (await import('../retention/index.js')).expireRows(lake, stream, path) : undefined
  if (ended === undefined) return {}
  return 'heldBy' in ended ? { expiryHeldBy: ended.heldBy } : { expired: ended.rows, expiredFiles: ended.files }
}

async function compact(lake: Lake, table: DeltaTable, path: string, stream: Stream | undefined) {
  const { settings, clock, files } = lake
  const clustered = stream !== undefined && [silverPath(stream), scoredPath(stream)].includes(path)
  const targetFileSize = settings.compactionTargetSize
  const outcome = await optimizeTable(table, {
    clock,
    between: lake.deliveries.lettingPass(clock),
    defaultTargetFileSize: targetFileSize,
    minFiles: settings.compactionMinFiles,
    olderThan: (await table.store.now()) - settleMs,
    maxBytes: settings.compactionMaxBytes,
    commitBytes: settings.compactionMaxBytes,
    clusterBytes: Math.min(settings.compactionMaxBytes, sortableBytes(lake)),
    ...(stream !== undefined && path === bronzePath(stream) ? { groupOf: errorGroup } : {}),
    ...(clustered
      ? {
          clusterBy: stream.clusterBy.map(name => [name]),
          clusterer: duckDbClusterer(
            files,
            maintenanceSessions(lake),
            path === silverPath(stream) ? lookupLayout(stream) : undefined,
          ),
        }
      : {}),
  })
  if (outcome.kind !== 'optimized') return { commits: 0, rows: 0, more: false, detail: {} }
  const { numRemovedFiles, numAddedFiles, numRemovedBytes } = outcome.metrics
  return {
    commits: outcome.commits,
    rows: outcome.rows,
    more: outcome.more,
    detail: {
      filesBefore: numRemovedFiles,
      filesAfter: numAddedFiles,
      bytes: numRemovedBytes,
      dropped: outcome.dropped,
    },
  }
}

/** The day of the last clean-up is a transaction of the table, so that every instance knows it. */
const cleanUpAppId = (state: Pick<TableState, 'metadata'>) => `lake/${state.metadata.id}/vacuum`

/**
 * Whether today's clean-up is still to be made. Days are those of the storage's clock, and a clean-up that was noted
 * for any other day, one of the future too, is not today's: a host whose clock was ahead puts off nothing.
 */
async function isDue(table: DeltaTable): Promise<boolean> {
  const state = await table.state()
  if (state === undefined) return false
  const last = state.txns.get(cleanUpAppId(state))?.version
  if (last !== undefined) return last !== (await today(table))
  // A new table has nothing to clean up; its first day passes without a commit that says so.
  const first = await table.store.head(commitPath(0))
  return first === undefined || (elapsedMs(first.modifiedAt, await table.store.now()) ?? dayMs) >= dayMs
}

const today = async ({ store }: DeltaTable) => BigInt(Math.floor((await store.now()) / dayMs))

async function cleanUp(
  lake: Lake,
  table: DeltaTable,
  path: string,
  stream: Stream | undefined,
  consumers: ConsumerPositions,
) {
  const { clock, settings } = lake
  const state = await table.state()
  if (state === undefined) return {}
  const lowWatermark = await consumers.lowWatermark(path, state, stream)
  const now = await table.store.now()
  const least = now - tombstoneExpiry(state.metadata.configuration, now)
  const vacuumed = await vacuumTable(table, {
    clock,
    lowWatermark,
    retentionMs: Math.max(least, settings.vacuumRetention),
    record: { txns: [{ appId: cleanUpAppId(state), version: await today(table), lastUpdated: clock.now() }] },
  })
  const cleaned = await cleanLog(table, { lowWatermark })
  return {
    vacuumed: vacuumed.kind === 'vacuumed' ? vacuumed.files : 0,
    ...(cleaned.kind === 'cleaned' ? { logFiles: cleaned.files, oldestVersion: cleaned.oldest } : {}),
  }
}
