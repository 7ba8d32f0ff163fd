import { recordBytes } from '../recordBytes.js'
import type { OffsetRange, SourceBatch, SourceRecord } from '../source.js'
import { batchDamaged, outOfRange, SourceError } from '../sourceError.js'
import { committedBatches } from './abortedTransactions.js'
import type { Cluster } from './cluster.js'
import { codes, connectionFault, protocolFault } from './faults.js'
import { type FetchResponse, requestFetch } from './protocol.js'
import { type BatchHeader, scanBatches, type ScannedBatches } from './recordBatch.js'
import { decodeRecords, type DecodeWindow } from './recordDecoder.js'
import { streamRecords } from './recordStream.js'
import { Backoff, type Patience } from './retry.js'

/** How a range is fetched, how its batches are checked, and how long a broker's failures are tolerated. */
export interface RangeReaderOptions extends Patience {
  /** Bytes of one fetch; twice that is in memory while the next one is under way. */
  readonly fetchBytes: number
  /** See `ReadOptions`. */
  readonly wantedBytes?: number | undefined
  readonly verifyChecksum: boolean
}

// Compressed batches grow: a fetch is passed on in stretches, so that memory is bounded by what they come to.
const recordsPerBatch = 20_000
const bytesPerBatch = 16 * 2 ** 20
const emptyWaitMs = 500
const shortAnswersTaken = 4
const shortWaitMs = 100

/** Reads a range of one partition from its leader, the next fetch under way while the caller works on the last. */
export async function* readRange(
  cluster: Cluster,
  topic: string,
  range: OffsetRange,
  options: RangeReaderOptions,
): AsyncGenerator<SourceBatch, void, undefined> {
  const { partition, start, end } = range
  if (start < 0n || start > end) throw outOfRange(topic, range, {})
  if (start === end) return
  const backoff = new Backoff(options, `reading ${topic}/${partition}`)
  const request = (offset: bigint, maxWait = 0): Promise<Fetched> =>
    fetchOnce(cluster, topic, range, offset, options.fetchBytes, maxWait)
  let position = start
  let coming: Promise<Fetched> | undefined
  let fetchedBytes = 0
  let emptyAnswers = 0
  let shortAnswers = 0
  let cutAnswers = 0

  while (position < end) {
    options.signal?.throwIfAborted()
    let fetched: Fetched
    try {
      fetched = await backoff.during(interruptible((coming ??= request(position)), options.signal))
    } catch (error) {
      await backoff.wait(error)
      coming = undefined
      continue
    }
    coming = undefined
    backoff.reset()
    const { response, headers } = fetched
    if (response.lastStableOffset < end) {
      // A leader that was just elected learns its end from the followers; a range beyond the end stays one.
      if (++shortAnswers > shortAnswersTaken) {
        throw outOfRange(topic, range, { start: known(response.logStart), end: known(response.lastStableOffset) })
      }
      await options.clock.sleep(shortWaitMs * shortAnswers, options.signal)
      continue
    }
    shortAnswers = 0
    const last = headers.at(-1)
    const next = last === undefined ? position : larger(position, last.lastOffset + 1n)
    if (next === position) {
      // Bytes are no hole: what cannot be read is not to be covered.
      if (fetched.damage !== undefined) throw fetched.damage
      if (response.records.length > 0 && headers.length === 0) {
        if (++cutAnswers > 1)
          throw batchDamaged(topic, partition, position, `has no end in ${response.records.length} bytes`)
        coming = request(position, emptyWaitMs)
        continue
      }
      // Nothing lies between here and the last stable offset: compaction took the rest of the log. Twice, because a
      // broker may also answer with nothing for reasons of its own.
      if (response.throttleTime === 0 && ++emptyAnswers > 1) {
        yield { partition, records: [], position: end, holes: end - position }
        return
      }
      coming = request(position, emptyWaitMs)
      continue
    }
    emptyAnswers = 0
    cutAnswers = 0
    fetchedBytes += response.records.length
    // One like it would be too many: who reads may be done before.
    if (next < end && fetchedBytes + response.records.length <= (options.wantedBytes ?? Infinity)) {
      coming = request(next)
      coming.catch(() => {}) // seen when it is awaited; the caller may never come back for it
    }
    yield* stretches(
      response,
      headers,
      topic,
      { partition, start: position, end },
      smaller(next, end),
      options.verifyChecksum,
    )
    position = smaller(next, end)
  }
}

interface Fetched extends ScannedBatches {
  readonly response: FetchResponse
}

async function fetchOnce(
  cluster: Cluster,
  topic: string,
  range: OffsetRange,
  offset: bigint,
  maxBytes: number,
  maxWait: number,
): Promise<Fetched> {
  const { partition } = range
  const node = await cluster.leader(topic, partition)
  let response: FetchResponse
  try {
    response = await requestFetch(node, { topic, partition, offset, maxBytes, maxWait })
  } catch (thrown) {
    cluster.forget(topic, node)
    throw connectionFault(thrown, `${node.host}:${node.port}`)
  }
  if (response.errorCode === codes.offsetOutOfRange) {
    throw outOfRange(topic, range, { start: known(response.logStart), end: known(response.lastStableOffset) })
  }
  if (response.errorCode !== codes.none) {
    cluster.forget(topic)
    throw protocolFault(response.errorCode, topic, partition)
  }
  return { response, ...scanBatches(response.records, `${topic}/${partition}`) }
}

/**
 * The committed records of one fetch, cut at batch borders, and inside large batches; the last stretch reaches to
 * `position`.
 */
async function* stretches(
  response: FetchResponse,
  headers: readonly BatchHeader[],
  topic: string,
  range: OffsetRange,
  position: bigint,
  verifyChecksum: boolean,
): AsyncGenerator<SourceBatch> {
  const { partition } = range
  const window = { topic, partition, start: range.start, end: range.end, verifyChecksum }
  const committed = new Set(committedBatches(response.records, headers, response.aborted))
  let records: SourceRecord[] = []
  let size = 0
  let holes = 0n
  let next = range.start
  let told = range.start
  for (const header of headers) {
    if (header.lastOffset < range.start || header.baseOffset >= range.end) continue
    const known = records.length
    const from = larger(next, header.baseOffset)
    const to = smaller(header.lastOffset + 1n, range.end)
    let isWhole: boolean
    try {
      isWhole = !committed.has(header) || decodeRecords(response.records, header, window, records)
    } catch (error) {
      // What lies before the damage is whole: it goes on, and the next read begins with the damage.
      if (error instanceof SourceError && next > told)
        yield { partition, records: records.slice(0, known), position: next, holes }
      throw error
    }
    // Between batches lies what compaction took whole.
    holes += from - next
    if (!isWhole) {
      if (from > told) yield { partition, records, position: from, holes }
      yield* largeBatch(response.records, header, window, from, to)
      records = []
      size = 0
      holes = 0n
      next = to
      told = to
      continue
    }
    holes += to - from - BigInt(committed.has(header) ? recordsBetween(header, from, to, records.length - known) : 0)
    next = to
    for (let i = known; i < records.length; i++) size += recordBytes(records[i] as SourceRecord)
    if ((records.length >= recordsPerBatch || size >= bytesPerBatch) && next < position) {
      yield { partition, records, position: next, holes }
      told = next
      records = []
      size = 0
      holes = 0n
    }
  }
  if (told < position) yield { partition, records, position, holes: holes + position - next }
}

/** A batch that is not decompressed in one piece, in stretches as any other. */
async function* largeBatch(
  bytes: Buffer,
  header: BatchHeader,
  window: DecodeWindow,
  from: bigint,
  to: bigint,
): AsyncGenerator<SourceBatch> {
  const { partition } = window
  let records: SourceRecord[] = []
  let size = 0
  let start = from
  for await (const record of streamRecords(bytes, header, window)) {
    if (size >= bytesPerBatch || records.length >= recordsPerBatch) {
      yield { partition, records, position: record.offset, holes: record.offset - start - BigInt(records.length) }
      start = record.offset
      records = []
      size = 0
    }
    records.push(record)
    size += recordBytes(record)
  }
  yield { partition, records, position: to, holes: to - start - BigInt(records.length) }
}

/** Records of a batch: by its header where all of it is wanted; which lie in a part of it only decoding shows. */
function recordsBetween(
  { baseOffset, lastOffset, recordCount }: BatchHeader,
  from: bigint,
  to: bigint,
  decoded: number,
): number {
  return from === baseOffset && to === lastOffset + 1n ? recordCount : decoded
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
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
