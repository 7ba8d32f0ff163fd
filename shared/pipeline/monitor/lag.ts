import { bronzePath, type Stream } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type PartitionOffsets, type Source, SourceError } from '../../sources/index.js'
import {
  allProgress,
  checkTopic,
  firstOffset,
  isPartitionFault,
  movingPartitions,
  type PartitionProgress,
  readProgress,
  stopError,
} from '../bronze/index.js'
import type { Lake } from '../lake/index.js'
import type { PartitionLag } from './drain.js'
import type { Span } from './reconciliation.js'

/** Where bronze stands against Kafka. */
export interface Lag {
  /** Offsets not covered yet; undefined when Kafka cannot be asked. */
  readonly total: bigint | undefined
  readonly worst: bigint | undefined
  /** What stops partitions, in words. */
  readonly stopped: readonly string[]
  /** Those that are not stopped. */
  readonly partitions: readonly PartitionLag[]
  /** Why the source cannot be asked, in words; undefined when it can. */
  readonly unanswered: string | undefined
}

/** Of a stream whose lag cannot be known because bronze cannot be read. */
export const unknownLag: Lag = {
  total: undefined,
  worst: undefined,
  stopped: [],
  partitions: [],
  unanswered: undefined,
}

/** Compares bronze's progress with the ends in Kafka, and looks whether the topic is still the one ingested. */
export async function measureLag(lake: Lake, stream: Stream): Promise<Lag> {
  const state = await lake.table(bronzePath(stream)).state({ fresh: true })
  const progress =
    state === undefined
      ? new Map<number, PartitionProgress>()
      : readProgress(state.metadata.id, stream.topic, state.txns)
  const measured: PartitionLag[] = []
  const isStopped = ({ stop }: PartitionProgress) => stop !== undefined
  const stopped = [...progress.values()]
    .filter(isStopped)
    .map(known => stopError(stream.name, stream.topic, known, known.stop ?? 0).message)
  try {
    let total = 0n
    let worst = 0n
    const { partitions, unavailable } = await lake.source.survey(stream.topic)
    stopped.push(...unavailable.map(({ error }) => error.message))
    stopped.push(
      ...vanished(stream.topic, progress, new Set([...partitions, ...unavailable].map(({ partition }) => partition))),
    )
    let moving: Promise<ReadonlySet<number>> | undefined
    const begun = partitions.flatMap(({ partition }) => progress.get(partition) ?? [])
    const check = await checkTopic(
      lake,
      stream,
      begun.filter(known => !isStopped(known)),
    )
    for (const log of partitions) {
      const known = progress.get(log.partition)
      if (known?.stop !== undefined) continue
      const stop = check.stops.get(log.partition)
      const fault = check.failures.get(log.partition)
      const error =
        known !== undefined && stop !== undefined ? stopError(stream.name, stream.topic, known, stop) : fault
      if (error !== undefined) {
        stopped.push(error.message)
        continue
      }
      try {
        const next = known === undefined ? await firstOffset(lake.source, stream, log) : known.covered + 1n
        const lag = log.end > next ? log.end - next : 0n
        total += lag
        if (lag > worst) worst = lag
        const gone = log.start > next ? log.start - next : 0n
        measured.push({ partition: log.partition, next, end: log.end, highWatermark: log.highWatermark, gone })
        if (lag === 0n) continue
        moving ??=
          state === undefined
            ? Promise.resolve(new Set())
            : movingPartitions(lake.table(bronzePath(stream)), state, stream.topic, stalledMs)
        if (!(await moving).has(log.partition)) await readAt(lake.source, stream.topic, log, next)
      } catch (error) {
        if (!isPartitionFault(error)) throw error
        stopped.push(error.message)
      }
    }
    return { total, worst, stopped, partitions: measured, unanswered: undefined }
  } catch (thrown) {
    const error = asError(thrown)
    lake.log.warn('Kafka cannot be asked for its offsets.', { topic: stream.topic, error: error.message })
    const isMissing = error instanceof SourceError && error.code === 'SOURCE_TOPIC_MISSING'
    return { ...unknownLag, stopped, unanswered: isMissing ? error.message : 'Kafka cannot be asked for its offsets' }
  }
}

/** What lags and has not moved for so long is read, to learn what holds it up. */
const stalledMs = 60_000

/** Reads where bronze is to go on. @throws SourceError what bronze meets there */
async function readAt(source: Source, topic: string, log: PartitionOffsets, next: bigint): Promise<void> {
  const start = next > log.start ? next : log.start
  if (start >= log.end) return
  for await (const batch of source.read(topic, { partition: log.partition, start, end: start + 1n }))
    if (batch.position > start) return
}

/** Partitions that bronze has offsets of and the topic no longer has. */
function vanished(
  topic: string,
  progress: ReadonlyMap<number, PartitionProgress>,
  present: ReadonlySet<number>,
): readonly string[] {
  const gone = [...progress.values()].filter(
    ({ partition, start, covered }) => !present.has(partition) && covered >= start,
  )
  return gone
    .sort((a, b) => a.partition - b.partition)
    .map(
      ({ partition, covered }) =>
        `topic ${topic} has no partition ${partition} any more, of which bronze holds offsets up to ${covered}: the topic was deleted and created with fewer partitions`,
    )
}

/** Offsets up to the high watermark that bronze does not cover; undefined where the source does not report it. */
export function lagToHighWatermark({ total, partitions }: Lag): bigint | undefined {
  if (total === undefined || partitions.some(({ highWatermark }) => highWatermark === undefined)) return undefined
  return partitions.reduce(
    (sum, { next, highWatermark = 0n }) => (highWatermark > next ? sum + highWatermark - next : sum),
    0n,
  )
}

/** What that state of bronze covers, added up over partitions and generations. */
export function spanOf(stream: Stream, state: TableState): Span {
  return allProgress(state.metadata.id, stream.topic, state.txns).reduce<Span>(
    (sum, p) => ({
      covered: sum.covered + (p.covered - p.start + 1n),
      missing: sum.missing + p.missing,
      holes: sum.holes + p.holes,
    }),
    { covered: 0n, missing: 0n, holes: 0n },
  )
}
