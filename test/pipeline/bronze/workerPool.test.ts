import { describe, expect, test } from 'vitest'

import type { EncodedRows } from '../../../shared/pipeline/bronze/encode.js'
import { type PartitionQueue } from '../../../shared/pipeline/bronze/partitionQueue.js'
import type { RangeJob } from '../../../shared/pipeline/bronze/rangeJob.js'
import { type Worker } from '../../../shared/pipeline/bronze/worker.js'
import { WorkerPool } from '../../../shared/pipeline/bronze/workerPool.js'

const queue = (partition: number, end: number): PartitionQueue => ({
  partition,
  generation: 0,
  first: 0n,
  next: 0n,
  end: BigInt(end),
  busy: false,
})

/** Every failure is the run's. */
const onFailure = (_queue: PartitionQueue, error: unknown): Promise<void> =>
  Promise.resolve().then(() => {
    throw error
  })

const jobFor = (q: PartitionQueue) =>
  ({ generation: 0, range: { partition: q.partition, start: q.next, end: q.end } }) as RangeJob

function encoded({ range }: RangeJob, size: bigint): EncodedRows {
  const position = range.start + size < range.end ? range.start + size : range.end
  const counts = {
    received: 0,
    redelivered: 0,
    repaired: 0,
    valid: 0,
    quarantined: 0,
    tombstones: 0,
    dropped: 0,
    filtered: 0,
    erased: 0,
    missing: 0n,
    holes: 0n,
  }
  const one = {
    partition: range.partition,
    generation: 0,
    from: range.start,
    position,
    coveredDigest: 0n,
    last: undefined,
    missing: [],
    counts,
  }
  return {
    adds: [],
    ranges: [one],
    rows: Number(position - range.start),
    bytes: 0,
    rejections: {} as EncodedRows['rejections'],
    failedExpectations: {},
    undeclared: { fields: [], others: 0 },
    links: [],
    notices: { TIMESTAMP_OUT_OF_RANGE: 0 },
  }
}

/** A worker whose jobs end when told. */
class HandLane implements Worker {
  readonly started: RangeJob[] = []
  readonly #ends: (() => void)[] = []
  closed = false
  constructor(readonly failOn: (job: RangeJob) => boolean = () => false) {}

  async run(job: RangeJob): Promise<EncodedRows> {
    this.started.push(job)
    await new Promise<void>(resolve => this.#ends.push(resolve))
    if (this.failOn(job)) throw new Error(`worker failed at ${job.range.start}`)
    return encoded(job, 10n)
  }

  async finish(): Promise<void> {
    this.#ends.shift()?.()
    await turns()
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

/** One that is started by hand. */
class LateLane extends HandLane {
  start: () => void = () => undefined
  fail: (error: Error) => void = () => undefined
  readonly ready = new Promise<void>((resolve, reject) => {
    this.start = resolve
    this.fail = reject
  })
}

async function turns(): Promise<void> {
  for (let n = 0; n < 10; n++) await Promise.resolve()
}

const quick = (failAt = -1n): Worker => ({
  run: job =>
    job.range.start === failAt ? Promise.reject(new Error('worker failed')) : Promise.resolve(encoded(job, 10n)),
  close: () => Promise.resolve(),
})

describe('the pool', () => {
  test('hands over the stretches of a partition in offset order, from several workers', async () => {
    const queues = [queue(0, 95), queue(1, 40)]
    const pool = new WorkerPool([quick(), quick(), quick()], queues, jobFor, onFailure)
    pool.start()
    const seen = new Map<number, bigint>()
    for (let taken = await pool.take(25); taken !== undefined; taken = await pool.take(25)) {
      expect(taken.reduce((sum, e) => sum + e.rows, 0)).toBeLessThanOrEqual(25)
      for (const { partition, from, position } of taken.flatMap(e => e.ranges)) {
        expect(from).toBe(seen.get(partition) ?? 0n)
        seen.set(partition, position)
      }
    }
    expect([...seen]).toEqual([
      [0, 95n],
      [1, 40n],
    ])
    expect(pool.isIdle).toBe(true)
    await pool.close()
  })

  test('one partition is on one worker at a time', async () => {
    const workers = [new HandLane(), new HandLane()]
    const pool = new WorkerPool(workers, [queue(0, 100)], jobFor, onFailure)
    pool.start()
    expect(workers.map(l => l.started.length)).toEqual([1, 0])
    await workers[0]?.finish()
    expect(workers.map(l => l.started.length)).toEqual([2, 0])
    const closed = pool.close()
    await workers[0]?.finish()
    await closed
  })

  test('a worker that fails is heard of after everything finished before it was taken', async () => {
    const pool = new WorkerPool([quick(30n)], [queue(0, 100)], jobFor, onFailure)
    pool.start()
    await Promise.resolve()
    let last = 0n
    const drain = async () => {
      for (let taken = await pool.take(10); taken !== undefined; taken = await pool.take(10))
        last = taken.at(-1)?.ranges[0]?.position ?? last
    }
    await expect(drain()).rejects.toThrow('worker failed')
    expect(last).toBe(30n)
    await pool.close()
  })

  test('paused, forgets what was not taken; started again, works from where the queues are put', async () => {
    const queues = [queue(0, 60)]
    const pool = new WorkerPool([quick()], queues, jobFor, onFailure)
    pool.start()
    const first = await pool.take(10)
    expect(first?.[0]?.ranges[0]?.from).toBe(0n)
    await pool.pause()
    for (const q of queues) q.next = 20n
    pool.start()
    const froms: bigint[] = []
    for (let taken = await pool.take(1_000); taken !== undefined; taken = await pool.take(1_000))
      froms.push(...taken.map(e => e.ranges[0]?.from ?? -1n))
    expect(froms).toEqual([20n, 30n, 40n, 50n])
    await pool.close()
  })

  test('wound up, takes on no more work, and what is under way is still handed over', async () => {
    const worker = new HandLane()
    const pool = new WorkerPool([worker], [queue(0, 100)], jobFor, onFailure)
    pool.start()
    pool.drain()
    await worker.finish()
    expect((await pool.take(100))?.length).toBe(1)
    expect(pool.isIdle).toBe(true)
    expect(await pool.take(100)).toBeUndefined()
    expect(worker.started).toHaveLength(1)
    await pool.close()
  })

  test('closing waits for the work under way, then closes every worker', async () => {
    const worker = new HandLane(() => true)
    const pool = new WorkerPool([worker], [queue(0, 100)], jobFor, onFailure)
    pool.start()
    let closed = false
    const closing = pool.close().then(() => (closed = true))
    await turns()
    expect([closed, worker.closed]).toEqual([false, false])
    await worker.finish()
    await closing
    expect(worker.closed).toBe(true)
  })

  test('one that starts late takes part when it is ready, and nobody waits for it', async () => {
    const [here, late] = [new HandLane(), new LateLane()]
    const pool = new WorkerPool([late, here], [queue(0, 100), queue(1, 100)], jobFor, onFailure)
    pool.start()
    expect([here, late].map(l => l.started.length)).toEqual([1, 0])
    await here.finish()
    expect([here, late].map(l => l.started.length)).toEqual([2, 0])
    late.start()
    await turns()
    expect([here, late].map(l => l.started.length)).toEqual([2, 1])
    expect(late.started[0]?.range.partition).not.toBe(here.started[1]?.range.partition)
    const closing = pool.close()
    await Promise.all([here.finish(), late.finish()])
    await closing
  })

  test('closing does not wait for one that has yet to start, and closes it', async () => {
    const late = new LateLane()
    const pool = new WorkerPool([late, quick()], [queue(0, 20)], jobFor, onFailure)
    pool.start()
    while ((await pool.take(100)) !== undefined);
    await pool.close()
    expect([late.closed, late.started.length]).toEqual([true, 0])
  })

  test('one that does not start fails the run, once what others finished is taken', async () => {
    const [here, late] = [new HandLane(), new LateLane()]
    const pool = new WorkerPool([late, here], [queue(0, 100)], jobFor, onFailure)
    pool.start()
    late.fail(new Error('no thread'))
    await turns()
    await here.finish()
    expect((await pool.take(100))?.length).toBe(1)
    await expect(pool.take(100)).rejects.toThrow('no thread')
    expect(here.started).toHaveLength(1)
    await pool.close()
  })

  test('without any work is done at once', async () => {
    const pool = new WorkerPool([quick()], [], jobFor, onFailure)
    pool.start()
    expect(await pool.take(10)).toBeUndefined()
    await pool.close()
  })
})
