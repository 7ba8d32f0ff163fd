import type { OffsetRange } from '../source.js'
import { outOfRange } from '../sourceError.js'
import type { Cluster } from './cluster.js'
import { codes, connectionFault, protocolFault } from './kafkaErrors.js'
import { type FetchResponse, requestFetch } from './protocol.js'
import { scanBatches, type ScannedBatches } from './recordBatch.js'
import { Backoff, type RetryOptions } from './retry.js'

/** How a range is fetched, how its batches are checked, and how long a broker's failures are tolerated. */
export interface RangeReaderOptions extends RetryOptions {
  /** Bytes of one fetch; twice that is in memory while the next one is under way. */
  readonly fetchBytes: number
  /** See `ReadOptions`. */
  readonly wantedBytes?: number | undefined
  readonly verifyChecksum: boolean
}

/** What one fetch brought. */
export interface Fetched extends ScannedBatches {
  readonly response: FetchResponse
}

const shortAnswersTaken = 4
const shortWaitMs = 100

/** Fetches of one range, by the leader of its partition: one under way at most. */
export class RangeFetcher {
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #range: OffsetRange
  readonly #options: RangeReaderOptions
  readonly #backoff: Backoff
  #coming: Promise<Fetched> | undefined
  #shortAnswers = 0

  constructor(cluster: Cluster, topic: string, range: OffsetRange, options: RangeReaderOptions) {
    this.#cluster = cluster
    this.#topic = topic
    this.#range = range
    this.#options = options
    this.#backoff = new Backoff(options, `reading ${topic}/${range.partition}`)
  }

  /** Begins the next fetch, which the broker may keep waiting for so many milliseconds. */
  begin(offset: bigint, maxWait = 0): void {
    this.#coming = this.#fetch(offset, maxWait)
    this.#coming.catch(() => {}) // seen when it is awaited; the caller may never come back for it
  }

  /**
   * What the fetch that was begun brings; one at `offset` where none was, or where that one failed.
   *
   * @throws SourceError SOURCE_OUT_OF_RANGE when the log does not reach to the range's end, or a broker's failure that
   * has gone on for too long
   */
  async answer(offset: bigint): Promise<Fetched> {
    const { signal, clock } = this.#options
    for (;;) {
      signal?.throwIfAborted()
      let fetched: Fetched
      try {
        fetched = await this.#backoff.during(interruptible((this.#coming ??= this.#fetch(offset, 0)), signal))
      } catch (error) {
        await this.#backoff.wait(error)
        this.#coming = undefined
        continue
      }
      this.#coming = undefined
      this.#backoff.reset()
      const { response } = fetched
      if (response.lastStableOffset >= this.#range.end) {
        this.#shortAnswers = 0
        return fetched
      }
      // A leader that was just elected learns its end from the followers; a range beyond the end stays one.
      if (++this.#shortAnswers > shortAnswersTaken) throw this.#outOfRange(response)
      await clock.sleep(shortWaitMs * this.#shortAnswers, signal)
    }
  }

  async #fetch(offset: bigint, maxWait: number): Promise<Fetched> {
    const cluster = this.#cluster
    const topic = this.#topic
    const { partition } = this.#range
    const node = await cluster.leader(topic, partition)
    let response: FetchResponse
    try {
      const { fetchBytes: maxBytes } = this.#options
      response = await requestFetch(node, { topic, partition, offset, maxBytes, maxWait })
    } catch (thrown) {
      cluster.forget(topic, node)
      throw connectionFault(thrown, `${node.host}:${node.port}`)
    }
    if (response.errorCode === codes.offsetOutOfRange) throw this.#outOfRange(response)
    if (response.errorCode !== codes.none) {
      cluster.forget(topic)
      throw protocolFault(response.errorCode, topic, partition)
    }
    return { response, ...scanBatches(response.records, `${topic}/${partition}`) }
  }

  #outOfRange({ logStart, lastStableOffset }: FetchResponse) {
    return outOfRange(this.#topic, this.#range, { start: known(logStart), end: known(lastStableOffset) })
  }
}

async function interruptible<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let stop: (() => void) | undefined
  const interrupted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

const known = (offset: bigint): bigint | undefined => (offset < 0n ? undefined : offset)
