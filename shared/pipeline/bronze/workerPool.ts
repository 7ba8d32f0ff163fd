import type { EncodedRows } from './encode.js'
import { type PartitionQueue, pickQueue } from './partitionQueue.js'
import type { RangeJob } from './rangeJob.js'
import { type Worker } from './worker.js'

/**
 * Keeps workers at work on partition queues, and returns what they have finished in the order in which they finished
 * it. A partition is on one worker at a time, so its stretches come in offset order.
 */
export class WorkerPool {
  readonly #workers: readonly Worker[]
  readonly #queues: readonly PartitionQueue[]
  readonly #jobFor: (queue: PartitionQueue) => RangeJob
  readonly #onFailure: (queue: PartitionQueue, error: unknown) => Promise<void>
  #finished: EncodedRows[] = []
  #runLoops: readonly Promise<void>[] = []
  #working = 0
  #paused = true
  #failure: unknown
  #wake: () => void = () => undefined
  readonly #closing = Promise.withResolvers<undefined>()

  /**
   * @param jobFor the next job of a queue; called when a worker is free
   * @param onFailure what a worker threw over a queue: sets the queue's `failure` where it concerns that partition
   * alone, and throws where it concerns the run
   */
  constructor(
    workers: readonly Worker[],
    queues: readonly PartitionQueue[],
    jobFor: (queue: PartitionQueue) => RangeJob,
    onFailure: (queue: PartitionQueue, error: unknown) => Promise<void>,
  ) {
    this.#workers = workers
    this.#queues = queues
    this.#jobFor = jobFor
    this.#onFailure = onFailure
  }

  /** Whether nothing is under way, nothing waits to be taken, and no more will come by itself. */
  get isIdle(): boolean {
    return this.#working === 0 && this.#finished.length === 0
  }

  start(): void {
    this.#paused = false
    this.#runLoops = this.#workers.map(worker => this.#runLoop(worker))
  }

  /** Waits for the work under way, begins no more, and forgets what was finished and not taken. */
  async pause(): Promise<void> {
    this.#paused = true
    await Promise.all(this.#runLoops)
    this.#finished = []
  }

  /** Begins no more work; what is under way can still be taken. */
  drain(): void {
    this.#paused = true
  }

  /**
   * Finished work of at most `maxRows` rows (or one piece, if larger); waits for some.
   * @returns undefined when all is done and taken
   * @throws what a worker threw, once everything finished before it is taken
   */
  async take(maxRows: number): Promise<readonly EncodedRows[] | undefined> {
    while (this.#finished.length === 0) {
      if (this.#working === 0) {
        if (this.#failure !== undefined) throw this.#failure as Error
        return undefined
      }
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    let rows = 0
    let count = 0
    for (const encoded of this.#finished) {
      if (count > 0 && rows + encoded.rows > maxRows) break
      rows += encoded.rows
      count++
    }
    return this.#finished.splice(0, count)
  }

  /** Waits for the work under way and closes the workers, those too that have yet to start. Never throws. */
  async close(): Promise<void> {
    this.#paused = true
    this.#closing.resolve(undefined)
    await Promise.allSettled(this.#runLoops)
    await Promise.allSettled(this.#workers.map(worker => worker.close()))
  }

  async #runLoop(worker: Worker): Promise<void> {
    if (worker.ready !== undefined && !(await this.#isReady(worker.ready))) return
    this.#working++
    try {
      while (!this.#paused && this.#failure === undefined) {
        const queue = pickQueue(this.#queues)
        if (queue === undefined) return
        queue.busy = true
        try {
          const encoded = await worker.run(this.#jobFor(queue))
          queue.next = encoded.ranges[0]?.position ?? queue.next
          this.#finished.push(encoded)
        } catch (error) {
          await this.#onFailure(queue, error)
        } finally {
          queue.busy = false
        }
        this.#wake()
      }
    } catch (error) {
      this.#failure ??= error
    } finally {
      this.#working--
      this.#wake()
    }
  }
  /** Whether a worker has started, or need not any more; one that cannot start is the run's failure. */
  async #isReady(ready: Promise<void>): Promise<boolean> {
    try {
      await Promise.race([ready, this.#closing.promise])
      return true
    } catch (error) {
      this.#failure ??= error
      this.#wake()
      return false
    }
  }
}
