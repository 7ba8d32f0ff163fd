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
 * As many workers as the work and the machine are good for; a partition is on one at a time. This thread is the last of
 * them: another would cost as much memory again, and only wait for commits. It can begin at once, while the others start.
 */
export function openWorkers(lake: Lake, stream: Stream, { offsets, partitions }: WorkLoad): readonly Worker[] {
  const { bronzeWorkers } = lake.settings
  const wanted = Math.min(partitions, bronzeWorkers === 0 ? availableParallelism() : bronzeWorkers)
  const threads = offsets < worthWorkers || !lake.separable || !workersAvailable ? 0 : Math.max(0, wanted - 1)
  const others = Array.from({ length: threads }, () => startWorkerThread(lake.settings, stream.name))
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
