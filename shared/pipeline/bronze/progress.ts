import type { Txn } from '../../delta/actions.js'

/**
 * How far one partition of one topic has been ingested. The truth is in bronze's own log, as `txn` actions: nothing
 * else (consumer-group offsets least of all) is asked.
 */
export interface PartitionProgress {
  readonly partition: number
  /** Raised by `lake reset-offsets`; part of every row's lineage. */
  readonly generation: number
  /** The first offset this generation was to cover. */
  readonly start: bigint
  /** The last offset covered, inclusive; `start - 1` while there is none. */
  readonly covered: bigint
  /** Digest of the record at `covered`, 0 when that offset holds no record. See digest.ts. */
  readonly tail: bigint
  /** Offsets covered that the source had deleted before they were read. */
  readonly missing: bigint
  /** Offsets covered that never carried a record: compacted away, transaction markers, aborted. */
  readonly holes: bigint
  /**
   * When `covered` last moved by the clock of the host that moved it, milliseconds; 0 when unknown. For people: how long
   * ago that was cannot be told from it, see movingPartitions.ts.
   */
  readonly updatedAt: number
}

const facts = ['start', 'tail', 'missing', 'holes'] as const
type Fact = (typeof facts)[number]

/** What all of a table's appIds for one topic begin with. Topic names hold no slash. */
const topicPrefix = (tableId: string, topic: string) => `lake/${tableId}/${topic}/`

/** The appId whose version is the last offset covered. */
export function coveredAppId(tableId: string, topic: string, generation: number, partition: number): string {
  return `${topicPrefix(tableId, topic)}${generation}/${partition}`
}

/** Every partition in every generation, out of the table's txns. Pure; no I/O. */
export function allProgress(tableId: string, topic: string, txns: ReadonlyMap<string, Txn>): readonly PartitionProgress[] {
  const prefix = topicPrefix(tableId, topic)
  const progress: PartitionProgress[] = []
  for (const [appId, txn] of txns) {
    if (!appId.startsWith(prefix)) continue
    const [generation, partition, fact] = appId.slice(prefix.length).split('/')
    if (fact !== undefined) continue
    const of = (name: Fact) => txns.get(`${appId}/${name}`)?.version ?? 0n
    progress.push({
      partition: Number(partition),
      generation: Number(generation),
      start: of('start'),
      covered: txn.version,
      tail: of('tail'),
      missing: of('missing'),
      holes: of('holes'),
      updatedAt: txn.lastUpdated ?? 0,
    })
  }
  return progress
}

/** Every partition in its newest generation. Pure; no I/O. */
export function readProgress(
  tableId: string,
  topic: string,
  txns: ReadonlyMap<string, Txn>,
): ReadonlyMap<number, PartitionProgress> {
  const newest = new Map<number, PartitionProgress>()
  for (const progress of allProgress(tableId, topic, txns)) {
    if ((newest.get(progress.partition)?.generation ?? -1) < progress.generation) newest.set(progress.partition, progress)
  }
  return newest
}

/** The txns that move a partition from `before` (undefined: never ingested) to `after`. Pure; no I/O. */
export function progressTxns(
  tableId: string,
  topic: string,
  before: PartitionProgress | undefined,
  after: PartitionProgress,
): readonly Txn[] {
  const appId = coveredAppId(tableId, topic, after.generation, after.partition)
  const known = before?.generation === after.generation ? before : undefined
  const txns: Txn[] = [{ appId, version: after.covered, lastUpdated: after.updatedAt }]
  for (const fact of facts) {
    if (known === undefined ? fact === 'start' || after[fact] !== 0n : known[fact] !== after[fact]) {
      txns.push({ appId: `${appId}/${fact}`, version: after[fact], lastUpdated: after.updatedAt })
    }
  }
  return txns
}

/** Whether a winner's txn touches one of these partitions, in whatever generation. Pure; no I/O. */
export function touchesPartitions(tableId: string, topic: string, partitions: ReadonlySet<number>): (appId: string) => boolean {
  return appId => {
    const partition = partitionOf(tableId, topic, appId)
    return partition !== undefined && partitions.has(partition)
  }
}

/** The partition that a txn says something of; undefined for those of other topics and tables. Pure; no I/O. */
export function partitionOf(tableId: string, topic: string, appId: string): number | undefined {
  const prefix = topicPrefix(tableId, topic)
  return appId.startsWith(prefix) ? Number(appId.slice(prefix.length).split('/')[1]) : undefined
}
