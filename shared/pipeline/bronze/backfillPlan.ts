import { bronzePath, type Stream } from '../../contract/index.js'
import type { CodedError } from '../../errors.js'
import { type OffsetRange, partitionMissing, type PartitionOffsets } from '../../sources/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { allProgress, type MissingRange, missingRanges, type PartitionProgress } from './progress.js'
import { stopError } from './stopReason.js'

/** From where on a table is to have what it missed: by partition, or of all partitions from a time on (milliseconds). */
export type BackfillRequest = { readonly offsets: ReadonlyMap<number, bigint> } | { readonly time: number }

/** Offsets that bronze does not cover with rows, and that the topic has. */
export interface BackfillRange extends OffsetRange {
  /** Under which the rows come. */
  readonly generation: number
  /** Of the partition then; one that is newer reads the topic anew. */
  readonly newestGeneration: number
  /** Where the recorded range begins that it is a part of; undefined of what lies before the offset that bronze began with. */
  readonly missingFrom: bigint | undefined
}

/** What a backfill sets out to do. */
export interface BackfillPlan {
  readonly stream: string
  readonly topic: string
  /** Of a partition the greatest offsets first. */
  readonly ranges: readonly BackfillRange[]
  /** Asked for, and not in the topic any more. */
  readonly gone: readonly OffsetRange[]
  /** Partitions that were never ingested: they begin by themselves. */
  readonly untouched: readonly number[]
  /** Offsets that are missing, and of which it was not recorded which they are; by partition. */
  readonly unknown: ReadonlyMap<number, bigint>
  /** Why partitions cannot be read. */
  readonly stopped: ReadonlyMap<number, CodedError>
}

/**
 * What a backfill would read now. Changes nothing.
 *
 * @throws PipelineError NO_TABLE when bronze does not exist; SourceError for a topic or a partition that is not there
 */
export async function planBackfill(lake: Lake, stream: Stream, request: BackfillRequest): Promise<BackfillPlan> {
  const { topic } = stream
  const state = await lake.table(bronzePath(stream)).state({ fresh: true })
  if (state === undefined) {
    throw new PipelineError(
      'NO_TABLE',
      `There is no table ${bronzePath(stream)}, so nothing is missing from it. Run \`lake backfill\` alone.`,
    )
  }
  const { partitions, unavailable } = await lake.source.survey(topic)
  const isAsked = (partition: number) => 'time' in request || request.offsets.has(partition)
  const asked = [...partitions, ...unavailable].filter(({ partition }) => isAsked(partition))
  for (const partition of 'time' in request ? [] : request.offsets.keys())
    if (!asked.some(one => one.partition === partition)) throw partitionMissing(topic, partition)
  const known = Map.groupBy(allProgress(state.metadata.id, topic, state.txns), ({ partition }) => partition)
  const missing = missingRanges(state.metadata.id, topic, state.txns)
  const plan = { ranges: [] as BackfillRange[], gone: [] as OffsetRange[] }
  const untouched: number[] = []
  const unknown = new Map<number, bigint>()
  const stopped = new Map<number, CodedError>()
  for (const log of asked) {
    const { partition } = log
    const generations = known.get(partition)?.toSorted((a, b) => b.generation - a.generation) ?? []
    const [newest] = generations
    if ('error' in log) stopped.set(partition, log.error)
    else if (newest === undefined) untouched.push(partition)
    else if (newest.stop !== undefined) stopped.set(partition, stopError(stream.name, topic, newest, newest.stop))
    else {
      const from =
        'time' in request
          ? await lake.source.offsetAt(topic, partition, request.time)
          : (request.offsets.get(partition) ?? newest.start)
      const own = ofSameTopic(newest, generations)
      const recorded = ofGenerations(own, missing)
      const found = [
        ...before(own, from),
        ...behind(
          recorded.filter(range => !isReadAnew(range, newest)),
          from,
        ),
      ]
      const { generation: newestGeneration } = newest
      addRanges(
        plan,
        found.map(range => ({ ...range, newestGeneration })),
        log,
      )
      const counted = own.reduce((sum, one) => sum + one.missing, 0n)
      const placed = recorded.reduce((sum, range) => sum + range.end - range.start, 0n)
      if (counted > placed) unknown.set(partition, counted - placed)
    }
  }
  return { stream: stream.name, topic, ...plan, untouched, unknown, stopped }
}

/** The newest generation of a partition, and those before it that are of the same topic as far as is known. */
function ofSameTopic(
  newest: PartitionProgress,
  generations: readonly PartitionProgress[],
): readonly PartitionProgress[] {
  return generations.filter(
    ({ topicId }) => topicId === undefined || newest.topicId === undefined || topicId === newest.topicId,
  )
}

type Found = Omit<BackfillRange, 'newestGeneration'>

/** What lies between the offset asked for and those that one of the generations covers. */
function before(own: readonly PartitionProgress[], from: bigint): readonly Found[] {
  const found: Found[] = []
  let next = from
  const newest = Math.max(...own.map(({ generation }) => generation))
  for (const { partition, generation, start, covered } of own.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    if (start > next) {
      found.push({ partition, generation, start: next, end: start, missingFrom: undefined })
      next = start
    }
    if (covered >= next) next = covered + 1n
    // From there on it reads by itself what it does not cover yet.
    if (generation === newest) break
  }
  return found
}

/** A reset begins where the topic did, and what it lacked before comes with the newest generation. */
function isReadAnew({ generation, end }: MissingRange, newest: PartitionProgress): boolean {
  return generation !== newest.generation && end > newest.start
}

/** What is recorded as missing from the offset asked for on. */
function behind(recorded: readonly MissingRange[], from: bigint): readonly Found[] {
  return recorded.flatMap(range => {
    const start = range.start > from ? range.start : from
    return start < range.end ? [{ ...range, start, missingFrom: range.start }] : []
  })
}

function ofGenerations(own: readonly PartitionProgress[], missing: readonly MissingRange[]): readonly MissingRange[] {
  return missing.filter(range =>
    own.some(one => one.partition === range.partition && one.generation === range.generation),
  )
}

/** Of a range only what the topic still has can be read. */
function addRanges(
  plan: { readonly ranges: BackfillRange[]; readonly gone: OffsetRange[] },
  found: readonly BackfillRange[],
  log: PartitionOffsets,
): void {
  for (const range of found.toSorted((a, b) => (a.start > b.start ? -1 : 1))) {
    const { partition, start, end } = range
    const first = log.start < end ? log.start : end
    if (first > start) plan.gone.push({ partition, start, end: first })
    if (first < end) plan.ranges.push({ ...range, start: first > start ? first : start })
  }
}
