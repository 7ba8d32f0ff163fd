import { bronzePath, type Stream } from '../../contract/index.js'
import { discard } from '../../delta/index.js'
import type { CodedError } from '../../errors.js'
import { partitionMissing, type PartitionOffsets } from '../../sources/index.js'
import type { Lake } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import { BackfillCommitter } from './backfillCommit.js'
import type { BackfillPlan, BackfillRange } from './backfillPlan.js'
import type { BackfillOptions, BackfillResult } from './backfillResult.js'
import { ingestionOf } from './coverageCommitter.js'
import type { EncodedRows } from './encode.js'
import { layoutOf, openBronze } from './openBronze.js'
import { openWorkers } from './openWorkers.js'
import { isPartitionFault } from './partitionFault.js'
import type { Worker } from './worker.js'

/** Offsets of a stretch that are read at once grow to so many times a commit's rows where few of them have a record. */
const mostSparse = 64n

/**
 * Reads what a plan says bronze lacks. Each stretch is read from its end downwards: whatever is committed reaches up to
 * what was covered before, so that where a partition begins, or where what is recorded as missing ends, says how far it
 * is, in the commit of the rows. Killed, or beside another, it goes on there.
 */
export async function backfillRanges(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  plan: BackfillPlan,
  options: BackfillOptions,
): Promise<BackfillResult> {
  const total = plan.ranges.reduce((sum, { start, end }) => sum + (end - start), 0n)
  const committer = new BackfillCommitter(lake, stream, run, options, total)
  const stopped: CodedError[] = [...plan.stopped.values()]
  if (total > 0n) {
    const queue = [...Map.groupBy(plan.ranges, ({ partition }) => partition).values()]
    const workers = openWorkers(lake, stream, { offsets: total, partitions: queue.length })
    try {
      // A thread that does not start is found before another has begun: none goes on behind the error.
      for (const { ready } of workers) await ready
      await Promise.all(
        workers.map(async worker => {
          for (let ranges = queue.shift(); ranges !== undefined; ranges = queue.shift()) {
            const fault = await fillPartition(lake, stream, worker, committer, ranges)
            if (fault !== undefined) stopped.push(fault)
          }
        }),
      )
    } finally {
      await Promise.allSettled(workers.map(worker => worker.close()))
    }
  }
  return { ...committer.done, stopped }
}

/** @returns what concerns this partition alone */
async function fillPartition(
  lake: Lake,
  stream: Stream,
  worker: Worker,
  committer: BackfillCommitter,
  ranges: readonly BackfillRange[],
): Promise<CodedError | undefined> {
  try {
    for (const range of ranges) await fillRange(lake, stream, worker, committer, range)
    return undefined
  } catch (error) {
    if (!isPartitionFault(error)) throw error
    return error
  }
}

async function fillRange(
  lake: Lake,
  stream: Stream,
  worker: Worker,
  committer: BackfillCommitter,
  range: BackfillRange,
): Promise<void> {
  const rows = BigInt(lake.settings.bronzeMaxCommitRows)
  let step = rows
  for (;;) {
    const end = await committer.endOf(range)
    const log = await logOf(lake, stream, range.partition)
    const first = log.start > range.start ? log.start : range.start
    if (end <= first) return
    const start = end - step > first ? end - step : first
    const encoded = await encodeStretch(lake, stream, worker, { ...range, start, end }, log)
    // Retention has taken some of it meanwhile: what is left is read.
    if (encoded === undefined) continue
    if (!(await committer.commitDown({ ...range, start, end }, encoded))) continue
    const found = encoded.reduce((sum, one) => sum + one.rows, 0)
    if (BigInt(found) * 4n < step && step < rows * mostSparse) step *= 4n
  }
}

/** The partition's log as it is now. @throws SourceError when nobody serves it */
async function logOf({ source }: Lake, { topic }: Stream, partition: number): Promise<PartitionOffsets> {
  const { partitions, unavailable } = await source.survey(topic)
  const found = partitions.find(log => log.partition === partition)
  if (found !== undefined) return found
  throw unavailable.find(one => one.partition === partition)?.error ?? partitionMissing(topic, partition)
}

/** The rows of a stretch, in pieces that follow one another. @returns undefined when some of it is gone */
async function encodeStretch(
  lake: Lake,
  stream: Stream,
  worker: Worker,
  { partition, generation, start, end }: BackfillRange,
  log: PartitionOffsets,
): Promise<readonly EncodedRows[] | undefined> {
  const { settings, budget } = lake
  const layout = layoutOf(await openBronze(lake, stream))
  const pieces: EncodedRows[] = []
  for (let next = start; next < end;) {
    const encoded = await worker.run({
      generation,
      range: { partition, start: next, end },
      log,
      layout,
      maxRows: settings.bronzeMaxCommitRows,
      rowLimit: settings.bronzeMaxCommitRows,
      maxBytes: budget.piece(1),
      ...ingestionOf(lake),
    })
    pieces.push(encoded)
    const [range] = encoded.ranges
    if (range === undefined || range.missing.length > 0) {
      await discard(
        { store: lake.store.within(bronzePath(stream)) },
        pieces.flatMap(({ adds }) => adds),
      )
      return undefined
    }
    next = range.position
  }
  return pieces
}
