import { bronzePath, mergeUndeclared, noUndeclared, sqlName, type Stream } from '../../contract/index.js'
import type { Action, CommitOutcome, DeltaTable, Metadata, TableState, Txn } from '../../delta/index.js'
import type { WrittenTable } from '../../telemetry/index.js'
import { type Json, namedValues } from '../../types/index.js'
import type { StepCounts } from '../step/index.js'
import type { EncodedRange, EncodedRows } from './encode.js'
import {
  lastRecordOf,
  missingTxn,
  type PartitionProgress,
  progressTxns,
  readProgress,
  touchesPartitions,
} from './progress.js'
import type { TopicIdentity } from './topicIdentity.js'

/** What became of a commit of bronze. When it is `stale` nothing is committed, and the uploaded files are orphans. */
export type AppendOutcome =
  | {
      readonly kind: 'committed'
      readonly version: number
      readonly rows: number
      readonly ranges: readonly EncodedRange[]
    }
  /** Another writer covered some of these offsets, or changed the table: read the new state and plan again. */
  | { readonly kind: 'stale'; readonly detail: string }

/** What a commit of bronze is made of. */
export interface Append {
  readonly stream: Stream
  /** The state the ranges were planned on. */
  readonly state: TableState
  /** The table's metadata as it is to become, when the contract gained fields. */
  readonly metadata?: Metadata | undefined
  readonly encoded: readonly EncodedRows[]
  /** What the partitions' logs are known by, asked after their records had arrived. */
  readonly identities: ReadonlyMap<number, TopicIdentity>
  /** Milliseconds. */
  readonly now: number
  /** The run's record, as it travels in the commit. */
  readonly run: Json
}

/**
 * Commits files and progress together: the adds, and for every partition the last offset covered, in one commit. Either
 * all of it is in the table afterwards, once, or none of it.
 */
export async function appendBronze(table: DeltaTable, append: Append): Promise<AppendOutcome> {
  const { stream, state, encoded, now } = append
  const before = readProgress(state.metadata.id, stream.topic, state.txns)
  const ranges = joinRanges(encoded.flatMap(e => e.ranges))
  const moved = ranges.filter(r => r.from !== nextOffset(before.get(r.partition), r))
  if (moved.length > 0) {
    return {
      kind: 'stale',
      detail: `partition ${moved.map(r => r.partition).join(', ')} was covered or stopped by another writer`,
    }
  }
  const txns = ranges.flatMap(range => {
    const known = before.get(range.partition)
    return progressTxns(
      state.metadata.id,
      stream.topic,
      known,
      advance(known, range, append.identities.get(range.partition), now),
    )
  })
  const missing = ranges.flatMap(({ generation, missing: some }) =>
    some.map(range => missingTxn(state.metadata.id, stream.topic, { ...range, generation }, now)),
  )
  const partitions = new Set(ranges.map(r => r.partition))
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [
      ...(append.metadata === undefined ? [] : [{ metaData: append.metadata }]),
      ...[...txns, ...missing].map((txn: Txn): Action => ({ txn })),
      ...encoded.flatMap(e => e.adds).map((add): Action => ({ add })),
    ],
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', topic: stream.topic },
    operationMetrics: {
      numAddedFiles: String(sum(encoded, e => e.adds.length)),
      numOutputRows: String(sum(encoded, e => e.rows)),
      numOutputBytes: String(sum(encoded, e => e.bytes)),
    },
    info: { lake: { run: append.run, bronze: accounting(encoded, ranges) } },
    isBlindAppend: true,
    reads: { files: 'none', appIds: touchesPartitions(state.metadata.id, stream.topic, partitions) },
  })
  return settle(outcome, encoded, ranges)
}

/** Records taken in and rows that come of them. */
export function countsOf(encoded: readonly EncodedRows[]): StepCounts {
  return {
    rowsIn: sum(
      encoded.flatMap(e => e.ranges),
      r => r.counts.received,
    ),
    rowsOut: sum(encoded, e => e.rows),
  }
}

function settle(
  outcome: CommitOutcome,
  encoded: readonly EncodedRows[],
  ranges: readonly EncodedRange[],
): AppendOutcome {
  if (outcome.kind === 'conflict') return { kind: 'stale', detail: outcome.detail }
  return { kind: 'committed', version: outcome.version, rows: sum(encoded, e => e.rows), ranges }
}

/** A commit as those who listen to runs hear of it. */
export function writtenBy(
  stream: Stream,
  { version, ranges }: Extract<AppendOutcome, { kind: 'committed' }>,
  encoded: readonly EncodedRows[],
): WrittenTable {
  const rows = Object.fromEntries(recordOutcomes.map(name => [name, sum(ranges, r => Number(r.counts[name]))]))
  const covered = ranges.map(({ partition, from, position }) => ({ partition, from, to: position }))
  return {
    table: sqlName(bronzePath(stream)),
    version,
    ranges: covered,
    rows,
    links: encoded.flatMap(one => one.links),
  }
}

/** What can become of a record, as {@link WrittenTable} counts them. */
const recordOutcomes = [
  'valid',
  'quarantined',
  'tombstones',
  'dropped',
  'filtered',
  'erased',
  'redelivered',
  'missing',
] as const

/** Joins neighbouring stretches of one partition, so that a commit has one range a partition. */
export function joinRanges(ranges: readonly EncodedRange[]): readonly EncodedRange[] {
  const byPartition = new Map<number, EncodedRange>()
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const before = byPartition.get(range.partition)
    if (before === undefined) {
      byPartition.set(range.partition, range)
      continue
    }
    if (before.position !== range.from) {
      throw new RangeError(
        `Partition ${range.partition}: coverage breaks off at ${before.position} and goes on at ${range.from}.`,
      )
    }
    byPartition.set(range.partition, {
      ...range,
      from: before.from,
      last: range.last ?? before.last,
      missing: [...before.missing, ...range.missing],
      counts: {
        received: before.counts.received + range.counts.received,
        redelivered: before.counts.redelivered + range.counts.redelivered,
        repaired: before.counts.repaired + range.counts.repaired,
        valid: before.counts.valid + range.counts.valid,
        quarantined: before.counts.quarantined + range.counts.quarantined,
        tombstones: before.counts.tombstones + range.counts.tombstones,
        dropped: before.counts.dropped + range.counts.dropped,
        filtered: before.counts.filtered + range.counts.filtered,
        erased: before.counts.erased + range.counts.erased,
        missing: before.counts.missing + range.counts.missing,
        holes: before.counts.holes + range.counts.holes,
      },
    })
  }
  return [...byPartition.values()]
}

function nextOffset(known: PartitionProgress | undefined, range: EncodedRange): bigint {
  if (known === undefined) return range.from
  return known.generation === range.generation && known.stop === undefined ? known.covered + 1n : -1n
}

function advance(
  known: PartitionProgress | undefined,
  range: EncodedRange,
  identity: TopicIdentity | undefined,
  now: number,
): PartitionProgress {
  return {
    partition: range.partition,
    generation: range.generation,
    start: known?.start ?? range.from,
    covered: range.position - 1n,
    coveredDigest: range.coveredDigest,
    missing: (known?.missing ?? 0n) + range.counts.missing,
    holes: (known?.holes ?? 0n) + range.counts.holes,
    updatedAt: now,
    topicId: identity?.topicId ?? known?.topicId,
    epoch: identity?.epoch ?? known?.epoch,
    lastRecord: range.coveredDigest === 0n ? (range.last ?? (known && lastRecordOf(known))) : undefined,
  }
}

/** Fields that the contract lacks, of which a commit says how many records have them. */
const mostUndeclared = 50

/** What the monitor folds into its identity, as JSON in the commit itself: a process killed later takes none of it. */
export function accounting(encoded: readonly EncodedRows[], ranges: readonly EncodedRange[]): Record<string, Json> {
  const undeclared = encoded.reduce((sum, e) => mergeUndeclared(sum, e.undeclared, mostUndeclared), noUndeclared)
  return {
    ranges: ranges.map(({ partition, generation, from, position, counts }) => ({
      partition,
      generation,
      from,
      position,
      ...counts,
    })),
    missing: ranges.flatMap(r => r.missing).map(({ partition, start, end }) => ({ partition, start, end })),
    rejections: tally(encoded.map(e => e.rejections)),
    expectations: tally(encoded.map(e => e.failedExpectations)),
    notices: tally(encoded.map(e => e.notices)),
    ...(undeclared.fields.length === 0 ? {} : { undeclared: { ...undeclared } as unknown as Json }),
  }
}

function tally(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total = namedValues<number>()
  for (const one of counts) for (const [name, n] of Object.entries(one)) total[name] = (total[name] ?? 0) + n
  return total
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0)
}
