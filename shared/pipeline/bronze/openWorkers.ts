import { availableParallelism } from 'node:os'

import { bronzePath, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { runRangeJob } from './rangeJob.js'
import type { Worker } from './worker.js'
import { startWorkerThread, workersAvailable } from './workerThread.js'

/** Below that many offsets a worker's start costs more than it saves. */
const worthWorkers = 20_000n

/** What is to be read: so many offsets, of so many partitions. */
export interface WorkLoad {
  readonly offsets: bigint
  readonly partitions: number
}

/**
 * Threads beside this one: as many as the work and the machine are good for. A partition is on one worker at a time.
 *
 * @param workers BRONZE_WORKERS; 0: one a core
 */
export function threadsBeside({ offsets, partitions }: WorkLoad, workers: number): number {
  if (offsets < worthWorkers) return 0
  return Math.max(0, Math.min(partitions, workers === 0 ? availableParallelism() : workers) - 1)
}

/**
 * This thread is the last of the workers: another would cost as much memory again, and only wait for commits. It can begin
 * at once, while the others start.
 */
export function openWorkers(lake: Lake, stream: Stream, load: WorkLoad): readonly Worker[] {
  const length = lake.separable && workersAvailable ? threadsBeside(load, lake.settings.bronzeWorkers) : 0
  const others = Array.from({ length }, () => startWorkerThread(lake.settings, stream.name))
  return [...others.map(worker => withinBudget(lake, worker)), thisThread(lake, stream)]
}

function thisThread(lake: Lake, stream: Stream): Worker {
  const store = lake.store.within(bronzePath(stream))
  return {
    run: async job => {
      using held = await lake.budget.acquire(job.maxBytes)
      return await runRangeJob({ ...lake, store }, stream, job, held)
    },
    close: () => Promise.resolve(),
  }
}

function withinBudget({ budget }: Pick<Lake, 'budget'>, worker: Worker): Worker {
  return {
    ...worker,
    run: async job => {
      const held = await budget.acquire(job.maxBytes)
      try {
        return await worker.run(job)
      } finally {
        held.release()
      }
    },
  }
}
