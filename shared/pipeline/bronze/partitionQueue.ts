import type { CodedError } from '../../errors.js'

/** Work on one partition, as the workers take it. */
export interface PartitionQueue {
  readonly partition: number
  readonly generation: number
  /** Where the first job began. */
  readonly first: bigint
  /** Where the next job begins: ahead of what is committed while jobs are under way. */
  next: bigint
  /** One past the last offset to cover. */
  readonly end: bigint
  busy: boolean
  /** Why the partition is left alone for the rest of the run. */
  failure?: CodedError | undefined
}

/** The idle partition with most left to do, so that all of them end together. */
export function pickQueue(queues: readonly PartitionQueue[]): PartitionQueue | undefined {
  let best: PartitionQueue | undefined
  for (const queue of queues) {
    if (queue.busy || queue.failure !== undefined || queue.next >= queue.end) continue
    if (best === undefined || queue.end - queue.next > best.end - best.next) best = queue
  }
  return best
}

/**
 * Rows of one job: large enough for good files, small enough that every worker has work and little of it in memory, and
 * that a commit holds several.
 */
export function chunkRows(rowLimit: number, queues: readonly PartitionQueue[]): number {
  return Math.max(1, Math.floor(queues.length > 1 ? rowLimit / 4 : rowLimit * 0.9))
}

const firstRows = 1_000
const growth = 8

/**
 * Rows of a partition's jobs: a thousand first, eight times more each time, up to what one may have. A process that is ended
 * again and again still gets somewhere, and one that is not has large files soon.
 */
export class ChunkGrowth {
  readonly #rows = new Map<number, number>()

  /** Rows of the partition's next job. */
  next(partition: number, most: number): number {
    const rows = Math.min(most, this.#rows.get(partition) ?? firstRows)
    this.#rows.set(partition, rows * growth)
    return rows
  }
}
