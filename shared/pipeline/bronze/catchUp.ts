import type { Stream } from '../../contract/stream.js'
import type { DataFileLayout } from '../../delta/dataFile.js'
import type { PartitionOffsets } from '../../sources/source.js'
import type { Lake } from '../lake.js'
import { PipelineError } from '../pipelineError.js'
import type { StepRun } from '../stepRun.js'
import { appendBronze, countsOf } from './append.js'
import { layoutOf, openBronze } from './bronzeTable.js'
import { Crew } from './crew.js'
import type { EncodedRows } from './encode.js'
import { firstOffset } from './firstOffset.js'
import type { PartitionQueue } from './lanes.js'
import { openLanes } from './openLanes.js'
import { readProgress } from './progress.js'
import { checkIdentity } from './topicIdentity.js'

export interface CatchUpOptions {
  /** Partitions whose coverage moved within that many milliseconds are left to whoever moves them. */
  readonly stalledForMs?: number | undefined
  /** Only up to these offsets (exclusive), by partition; every partition up to its end when absent. */
  readonly until?: ReadonlyMap<number, bigint> | undefined
  /** No new work is begun after that long. */
  readonly budgetMs?: number | undefined
  readonly onProgress?: ((done: CatchUpProgress) => void) | undefined
}

export interface CatchUpProgress {
  readonly rows: number
  /** Offsets covered by this run, and those it set out to cover. */
  readonly covered: bigint
  readonly total: bigint
}

export interface CatchUpResult {
  readonly rows: number
  readonly bytes: number
  readonly commits: number
  readonly version: number | undefined
  readonly missing: bigint
  readonly more: boolean
  readonly stopped: readonly PipelineError[]
}

/** Of keys and values in one job: what a lane holds in memory, at most, besides one fetch. */
const maxChunkBytes = 64 * 2 ** 20

/** How many times in a row other writers may win before the run gives up for now. */
const maxStale = 50

/**
 * Brings bronze from what is covered to the partitions' ends as they are now, reading the source itself. Lanes read,
 * validate, encode and upload side by side; commits are made one after the other, in offset order per partition.
 */
export async function catchUpStream(lake: Lake, stream: Stream, run: StepRun, options: CatchUpOptions = {}): Promise<CatchUpResult> {
  const ends = (await lake.source.offsets(stream.topic)).map(log => ({ ...log, end: options.until?.get(log.partition) ?? log.end }))
  const logs = options.until === undefined ? ends : ends.filter(log => options.until?.has(log.partition))
  const plan = await planQueues(lake, stream, logs, options.stalledForMs)
  const total = plan.queues.reduce((sum, q) => sum + (q.end - q.next), 0n)
  const result = { rows: 0, bytes: 0, commits: 0, version: undefined as number | undefined, missing: 0n }
  if (total === 0n) return { ...result, more: false, stopped: plan.stopped }

  const { queues } = plan
  const deadline = lake.clock.monotonic() + (options.budgetMs ?? Infinity)
  const maxRows = chunkRows(lake, queues)
  let layout: DataFileLayout = plan.layout
  const crew = new Crew(await openLanes(lake, stream, total), queues, queue => ({
    generation: queue.generation,
    range: { partition: queue.partition, start: queue.next, end: queue.end },
    log: logs.find(l => l.partition === queue.partition),
    layout,
    maxRows,
    maxBytes: maxChunkBytes,
    ingestedAt: lake.clock.now(),
  }))
  let covered = 0n
  let stale = 0
  try {
    crew.start()
    for (;;) {
      const encoded = await crew.take(lake.settings.bronzeMaxCommitRows)
      if (encoded === undefined) break
      if (lake.clock.monotonic() >= deadline) crew.wind()
      const bronze = await openBronze(lake, stream)
      layout = layoutOf(bronze)
      const { table, state, metadata } = bronze
      const counts = countsOf(encoded)
      const outcome = await appendBronze(table, {
        stream,
        state,
        metadata,
        encoded,
        now: lake.clock.now(),
        run: run.inCommit(counts, covered + offsetsOf(encoded) >= total),
      })
      if (outcome.kind === 'committed') {
        run.committed(counts)
        stale = 0
        result.commits++
        result.rows += outcome.rows
        result.bytes += encoded.reduce((sum, e) => sum + e.bytes, 0)
        result.version = outcome.version
        for (const range of outcome.ranges) {
          covered += range.position - range.from
          result.missing += range.counts.missing
        }
        options.onProgress?.({ rows: result.rows, covered, total })
        continue
      }
      if (++stale > maxStale) {
        throw new PipelineError('CONTENDED', `Other writers won ${maxStale} commits in a row on bronze of ${stream.name}.`, {
          retryable: true,
        })
      }
      await crew.pause()
      await rewind(lake, stream, queues)
      crew.start()
    }
    return { ...result, more: queues.some(q => q.next < q.end), stopped: plan.stopped }
  } finally {
    await crew.close()
  }
}

async function planQueues(lake: Lake, stream: Stream, logs: readonly PartitionOffsets[], stalledForMs = 0) {
  const bronze = await openBronze(lake, stream)
  const progress = readProgress(bronze.state.metadata.id, stream.topic, bronze.state.txns)
  const stopped: PipelineError[] = []
  const queues: PartitionQueue[] = []
  for (const log of logs) {
    const known = progress.get(log.partition)
    if (known !== undefined) {
      const error = await checkIdentity(lake.source, stream.topic, known, log)
      if (error !== undefined) {
        stopped.push(error)
        continue
      }
      if (lake.clock.now() - known.updatedAt < stalledForMs) continue
    }
    const next = known === undefined ? await firstOffset(lake.source, stream, log) : known.covered + 1n
    queues.push({ partition: log.partition, generation: known?.generation ?? 0, next, end: log.end, busy: false })
  }
  return { queues, stopped, layout: layoutOf(bronze) }
}

/** Moves every queue to what is covered now: another writer has been there, and what was encoded beyond it is void. */
async function rewind(lake: Lake, stream: Stream, queues: readonly PartitionQueue[]): Promise<void> {
  const { state } = await openBronze(lake, stream)
  const progress = readProgress(state.metadata.id, stream.topic, state.txns)
  for (const queue of queues) {
    const known = progress.get(queue.partition)
    if (known === undefined) {
      const log = (await lake.source.offsets(stream.topic)).find(p => p.partition === queue.partition)
      if (log !== undefined) queue.next = await firstOffset(lake.source, stream, log)
    } else {
      // A raised generation means that somebody reset the offsets: this run's plan no longer holds for the partition.
      queue.next = known.generation === queue.generation ? known.covered + 1n : queue.end
    }
  }
}

function offsetsOf(encoded: readonly EncodedRows[]): bigint {
  return encoded.flatMap(e => e.ranges).reduce((sum, range) => sum + (range.position - range.from), 0n)
}

/** Rows of one job: large enough for good files, small enough that every lane has work and a commit holds several. */
function chunkRows(lake: Lake, queues: readonly PartitionQueue[]): number {
  const active = Math.max(1, queues.filter(q => q.next < q.end).length)
  return Math.max(1_000, Math.floor(lake.settings.bronzeMaxCommitRows / Math.min(active, 2)))
}
