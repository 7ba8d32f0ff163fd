import type { Stream } from '../../contract/index.js'
import { CodedError } from '../../errors.js'
import { type Identified, type PartitionIdentity, type Source, SourceError } from '../../sources/index.js'
import type { Lake } from '../lake/index.js'
import { compareLog, type LogComparison } from './logComparison.js'
import { isPartitionFault } from './partitionFault.js'
import type { PartitionProgress } from './progress.js'
import { type StopReason, stopReasons } from './stopReason.js'

/** What a partition's log is known by from now on, as far as the source reports it. */
export interface TopicIdentity {
  readonly topicId: bigint | undefined
  readonly epoch: number | undefined
}

/** What a check of a topic's partitions found. */
export interface TopicCheck {
  /** The partitions that are what they were. */
  readonly identities: ReadonlyMap<number, TopicIdentity>
  /** Those that are not: numbers of {@link stopReasons}. */
  readonly stops: ReadonlyMap<number, number>
  /** Those that could not be asked. */
  readonly failures: ReadonlyMap<number, CodedError>
}

/**
 * Whether partitions are still those that were ingested. To be called after records have arrived and before they are
 * committed: then the records are of the topic that is found here. The topic's id is compared first; then the leader
 * epoch, which also shows a log that was restored or truncated; then records that still exist with what bronze holds of
 * them. That nothing is found at an offset proves nothing. A low offset alone says nothing either: groups are reset,
 * and deliveries repeat.
 *
 * @param progress what is known of the partitions, read before this call; of one that was never ingested, what an
 * earlier check found
 */
export async function checkTopic(
  lake: Lake,
  stream: Stream,
  progress: Iterable<PartitionProgress>,
): Promise<TopicCheck> {
  const identities = new Map<number, TopicIdentity>()
  const stops = new Map<number, number>()
  const failures = new Map<number, CodedError>()
  let unsure: PartitionProgress[] = []
  await look([...progress], (known, reason) => {
    // No broker gives a topic the id of another one; everything else may come of a leader that was just elected.
    if (reason === 'topicId') stops.set(known.partition, stopReasons[reason])
    else unsure.push(known)
  })
  if (unsure.length > 0) {
    const again = unsure
    unsure = []
    await lake.clock.sleep(recheckDelayMs)
    await look(again, (known, reason) => stops.set(known.partition, stopReasons[reason]))
  }
  return { identities, stops, failures }

  async function look(
    partitions: readonly PartitionProgress[],
    differs: (known: PartitionProgress, reason: StopReason) => void,
  ) {
    if (partitions.length === 0) return
    const found = await lake.source.identify(
      stream.topic,
      new Map(partitions.map(known => [known.partition, known.epoch])),
    )
    await Promise.all(
      partitions.map(async known => {
        const outcome = await compareWithTopic(lake, stream, known, found.get(known.partition))
        if (outcome instanceof CodedError) failures.set(known.partition, outcome)
        else if (typeof outcome === 'string') differs(known, outcome)
        else identities.set(known.partition, outcome)
      }),
    )
  }
}

/** A stop is for good: what may be a broker's passing state is checked twice. */
const recheckDelayMs = 1_000

/** Per process: partitions whose log was compared. */
const compared = new WeakMap<Lake, Set<string>>()

async function compareWithTopic(
  lake: Lake,
  stream: Stream,
  known: PartitionProgress,
  found: Identified | undefined,
): Promise<TopicIdentity | StopReason | CodedError> {
  if (found === undefined) throw new RangeError(`The source reported nothing about ${stream.topic}/${known.partition}.`)
  if (found.kind === 'failed') return ofPartition(found.error)
  const { topicId, epoch, holesUnproven = false } = found
  const byIdentity = compareIdentity(known, found)
  // A writer that knows no epochs moves the covered offset and leaves the epoch behind: then the record there decides.
  if (byIdentity === 'topicId' || (byIdentity !== undefined && known.coveredDigest === 0n)) return byIdentity
  if (known.covered < known.start) return { topicId, epoch }
  // Only an id that is still the same explains that a record is not there any more.
  const isSameTopic = topicId !== undefined && topicId === known.topicId
  // A service without leader epochs puts no log back into an older state: its id is enough, and one check of the log
  // is for an id that is not what it should be.
  const looks = compared.get(lake) ?? new Set<string>()
  compared.set(lake, looks)
  const place = `${stream.topic}/${known.partition}/${known.generation}`
  if (isSameTopic && epoch === undefined && looks.has(place)) return { topicId, epoch }
  let byLog: LogComparison
  try {
    byLog = await compareLog(lake, stream, known, isSameTopic, holesUnproven)
  } catch (error) {
    // Nothing comes where compaction has removed the last events; the id has shown already that it is the same.
    if (!(isSameTopic && error instanceof SourceError && error.code === 'SOURCE_SILENT')) return ofPartition(error)
    byLog = 'nothingToCompare'
  }
  if (byIdentity !== undefined && byLog !== 'same') return byIdentity
  if (byLog === 'logEnd' || byLog === 'otherRecord') return byLog
  looks.add(place)
  if (byLog === 'nothingToCompare' && !isSameTopic) {
    lake.log.warn(
      'Nothing that bronze holds of this partition is left in the topic: whether it is still the same cannot be determined.',
      {
        topic: stream.topic,
        partition: known.partition,
        covered: known.covered,
      },
    )
  }
  return { topicId, epoch }
}

/** Whether the topic does not exist at the moment. */
export function isTopicGone(error: unknown): error is CodedError {
  return error instanceof SourceError && error.code === 'SOURCE_TOPIC_MISSING'
}

/** @throws the error itself where it concerns more than the topic */
function ofPartition(error: unknown): CodedError {
  if (isPartitionFault(error) || isTopicGone(error)) return error
  throw error
}

/** What ids and epochs say of a partition; undefined when they do not speak against it. */
export function compareIdentity(known: PartitionProgress, found: PartitionIdentity): StopReason | undefined {
  if (known.topicId !== undefined && found.topicId !== undefined && known.topicId !== found.topicId) return 'topicId'
  if (
    known.covered < known.start ||
    known.epoch === undefined ||
    found.epoch === undefined ||
    known.epoch === found.epoch
  )
    return undefined
  // A log without a record of epochs, as old message formats leave it, knows nothing of an epoch although it was there.
  if (found.epochEnd === undefined) return found.epoch < known.epoch ? 'leaderEpoch' : undefined
  return found.epochEnd <= known.covered ? 'leaderEpoch' : undefined
}

/**
 * What a partition that was never ingested is known by, in the form in which it is checked again before its first
 * commit.
 */
export function initialProgress(
  partition: number,
  start: bigint,
  identity: TopicIdentity | undefined,
): PartitionProgress {
  return {
    partition,
    generation: 0,
    start,
    covered: start - 1n,
    coveredDigest: 0n,
    missing: 0n,
    holes: 0n,
    updatedAt: 0,
    ...identity,
  }
}

/**
 * The identities of those partitions as they are now, without any comparison.
 * @throws SourceError of the first that cannot be asked
 */
export async function identify(
  source: Source,
  topic: string,
  partitions: Iterable<number>,
): Promise<ReadonlyMap<number, TopicIdentity>> {
  const found = await source.identify(topic, new Map(Array.from(partitions, partition => [partition, undefined])))
  const identities = new Map<number, TopicIdentity>()
  for (const [partition, one] of found) {
    if (one.kind === 'failed') throw one.error
    identities.set(partition, { topicId: one.topicId, epoch: one.epoch })
  }
  return identities
}
