import { availableParallelism } from 'node:os'

import { bronzePath, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { runRangeJob } from './rangeJob.js'
import type { Worker } from './worker.js'
import { startWorkerThread, workersAvailable } from './workerThread.js'

/** Below that many offsets a worker's start costs more than it saves. */
const worthWorkers = 20_000n

/**
 * As many workers as the work and the machine are good for. This thread is one of them: another would cost as much
 * memory again, and only wait for commits.
 */
export async function openWorkers(lake: Lake, stream: Stream, offsets: bigint): Promise<readonly Worker[]> {
  const wanted = lake.settings.bronzeWorkers === 0 ? availableParallelism() : lake.settings.bronzeWorkers
  const threads = offsets < worthWorkers || !lake.separable || !workersAvailable ? 0 : wanted - 1
  const started = await Promise.allSettled(
    Array.from({ length: threads }, () => startWorkerThread(lake.settings, stream.name)),
  )
  const others = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find(one => one.status === 'rejected')
  if (failed === undefined) return [...others.map(worker => withinBudget(lake, worker)), thisThread(lake, stream)]
  // A thread left behind would keep the process alive.
  await Promise.allSettled(others.map(worker => worker.close()))
  throw failed.reason
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
