import { availableParallelism } from 'node:os'
import { bronzePath, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import type { Lane } from './worker.js'
import { runRangeJob } from './rangeJob.js'
import { startWorkerLane, workersAvailable } from './workerThread.js'

/** Below that many offsets a worker's start costs more than it saves. */
const worthWorkers = 20_000n

/** As many lanes as the work and the machine are good for: workers for a long way, this thread for a short one. */
export async function openLanes(lake: Lake, stream: Stream, offsets: bigint): Promise<readonly Lane[]> {
  const wanted = lake.settings.bronzeWorkers === 0 ? availableParallelism() : lake.settings.bronzeWorkers
  if (wanted < 2 || offsets < worthWorkers || !lake.separable || !workersAvailable) {
    const store = lake.store.within(bronzePath(stream))
    return [{ run: job => lake.budget.during(job.maxBytes, held => runRangeJob(lake.source, store, stream, job, held)), close: () => Promise.resolve() }]
  }
  const started = await Promise.allSettled(Array.from({ length: wanted }, () => startWorkerLane(lake.settings, stream.name)))
  const lanes = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find(one => one.status === 'rejected')
  if (failed === undefined) return lanes.map(lane => ({ ...lane, run: job => lake.budget.during(job.maxBytes, () => lane.run(job)) }))
  // A thread left behind would keep the process alive.
  await Promise.allSettled(lanes.map(lane => lane.close()))
  throw failed.reason
}
