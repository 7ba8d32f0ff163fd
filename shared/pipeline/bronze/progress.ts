import type { Txn } from '../../delta/index.js'

/**
 * How far one partition of one topic has been ingested. The truth is in bronze's own log, as `txn` actions: nothing
 * else (consumer-group offsets least of all) is asked. Three words throughout: an offset is *covered* when its record is
 * a row, or it is known to be missing or a hole; a *position*, as Kafka has it, is the next offset to be read, one past
 * the last; a *range* has a start and an end that is not part of it.
 */
export interface PartitionProgress {
  readonly partition: number
  /** Incarnation of the topic, raised by `lake reset-offsets`; part of every row's lineage. */
  readonly generation: number
  /** The first offset this generation was to cover. */
  readonly start: bigint
  /** The last offset covered, inclusive; `start - 1` while there is none. */
  readonly covered: bigint
  /** Digest of the record at `covered`, 0 when that offset holds no record. See digest.ts. */
  readonly coveredDigest: bigint
  /** Offsets covered that the source had deleted before they were read. */
  readonly missing: bigint
  /** Offsets covered that never carried a record: compacted away, transaction markers, aborted. */
  readonly holes: bigint
  /**
   * When `covered` last moved by the clock of the host that moved it, milliseconds; 0 when unknown. For people: how
   * long ago that was cannot be derived from it, see movingPartitions.ts.
   */
  readonly updatedAt: number
  /** 128 bits that identify the topic; undefined where the source has none, and in lakes of version 0.1.0. */
  readonly topicId?: bigint | undefined
  /** The leader epoch when `covered` was committed, or an earlier one; undefined like `topicId`. */
  readonly epoch?: number | undefined
  /** The last record before `covered`, where that offset holds none. See {@link lastRecordOf}. */
  readonly lastRecord?: LastRecord | undefined
  /** Why the partition is not ingested any more: a number of stopReason.ts. Ends with the generation. */
  readonly stop?: number | undefined
}

/** A record that was ingested, by which its log is known again. */
export interface LastRecord {
  readonly offset: bigint
  /** See digest.ts. */
  readonly digest: bigint
}

/** The last record known to be covered; undefined when there is none, or when version 0.1.0 did not keep it. */
export function lastRecordOf({ covered, coveredDigest, lastRecord }: PartitionProgress): LastRecord | undefined {
  return coveredDigest === 0n ? lastRecord : { offset: covered, digest: coveredDigest }
}

/** What all of a table's appIds for one topic begin with. Topic names hold no slash. */
const topicPrefix = (tableId: string, topic: string) => `lake/${tableId}/${topic}/`

/** The appId whose version is the last offset covered. */
export function coveredAppId(tableId: string, topic: string, generation: number, partition: number): string {
  return `${topicPrefix(tableId, topic)}${generation}/${partition}`
}

/** The appId whose version is the greatest offset of a partition that was erased. */
export function erasedAppId(
  tableId: string,
  { topic, generation, partition }: { readonly topic: string; readonly generation: number; readonly partition: number },
): string {
  return `${coveredAppId(tableId, topic, generation, partition)}/erased`
}

/** Every partition in every generation, out of the table's txns. */
export function allProgress(
  tableId: string,
  topic: string,
  txns: ReadonlyMap<string, Txn>,
): readonly PartitionProgress[] {
  const prefix = topicPrefix(tableId, topic)
  const progress: PartitionProgress[] = []
  for (const [appId, txn] of txns) {
    if (!appId.startsWith(prefix)) continue
    const [generation, partition, fact] = appId.slice(prefix.length).split('/')
    if (fact !== undefined) continue
    const of = (name: string) => txns.get(`${appId}/${name}`)?.version
    const coveredDigest = of('tail') ?? 0n
    const [high, low, epoch, offset, digest, stop] = [
      'topicIdHigh',
      'topicIdLow',
      'epoch',
      'witness',
      'witnessDigest',
      'stop',
    ].map(of)
    progress.push({
      partition: Number(partition),
      generation: Number(generation),
      start: of('start') ?? 0n,
      covered: txn.version,
      coveredDigest,
      missing: of('missing') ?? 0n,
      holes: of('holes') ?? 0n,
      updatedAt: txn.lastUpdated ?? 0,
      topicId:
        high === undefined || low === undefined
          ? undefined
          : (BigInt.asUintN(64, high) << 64n) | BigInt.asUintN(64, low),
      epoch: epoch === undefined ? undefined : Number(epoch),
      lastRecord: coveredDigest !== 0n || offset === undefined || digest === undefined ? undefined : { offset, digest },
      stop: stop === undefined ? undefined : Number(stop),
    })
  }
  return progress
}

/** Every partition in its newest generation. */
export function readProgress(
  tableId: string,
  topic: string,
  txns: ReadonlyMap<string, Txn>,
): ReadonlyMap<number, PartitionProgress> {
  const newest = new Map<number, PartitionProgress>()
  for (const progress of allProgress(tableId, topic, txns)) {
    if ((newest.get(progress.partition)?.generation ?? -1) < progress.generation)
      newest.set(progress.partition, progress)
  }
  return newest
}

/** The txns that move a partition from `before` (undefined: never ingested) to `after`. */
export function progressTxns(
  tableId: string,
  topic: string,
  before: PartitionProgress | undefined,
  after: PartitionProgress,
): readonly Txn[] {
  const appId = coveredAppId(tableId, topic, after.generation, after.partition)
  const known = new Map(before?.generation === after.generation ? factsOf(before) : [])
  const facts = factsOf(after).filter(
    ([name, version]) => version !== (known.get(name) ?? (name === 'start' ? undefined : factDefaults[name])),
  )
  const of = (name: string, version: bigint): Txn => ({
    appId: `${appId}${name}`,
    version,
    lastUpdated: after.updatedAt,
  })
  return [of('', after.covered), ...facts.map(([name, version]) => of(`/${name}`, version))]
}

/** What a fact is where it was never written. */
const factDefaults: Readonly<Record<string, bigint>> = { tail: 0n, missing: 0n, holes: 0n }

function factsOf({
  start,
  coveredDigest,
  missing,
  holes,
  topicId,
  epoch,
  lastRecord,
  stop,
}: PartitionProgress): readonly (readonly [string, bigint])[] {
  const facts: (readonly [string, bigint | undefined])[] = [
    ['start', start],
    ['tail', coveredDigest],
    ['missing', missing],
    ['holes', holes],
    // Versions are signed, an id is not.
    ['topicIdHigh', topicId === undefined ? undefined : BigInt.asIntN(64, topicId >> 64n)],
    ['topicIdLow', topicId === undefined ? undefined : BigInt.asIntN(64, topicId)],
    ['epoch', epoch === undefined ? undefined : BigInt(epoch)],
    ['witness', lastRecord?.offset],
    ['witnessDigest', lastRecord?.digest],
    ['stop', stop === undefined ? undefined : BigInt(stop)],
  ]
  return facts.flatMap(([name, version]) => (version === undefined ? [] : [[name, version] as const]))
}

/** Whether a winner's txn touches one of these partitions, in whatever generation. */
export function touchesPartitions(
  tableId: string,
  topic: string,
  partitions: ReadonlySet<number>,
): (appId: string) => boolean {
  return appId => {
    const partition = partitionOf(tableId, topic, appId)
    return partition !== undefined && partitions.has(partition)
  }
}

/**
 * The partition that a txn moves; undefined for those of other topics and tables. Where a partition begins is moved by
 * whoever reads what lies before it, and concerns nobody who reads on behind what is covered.
 */
export function partitionOf(tableId: string, topic: string, appId: string): number | undefined {
  const prefix = topicPrefix(tableId, topic)
  if (!appId.startsWith(prefix)) return undefined
  const [, partition, fact] = appId.slice(prefix.length).split('/')
  return fact === 'start' ? undefined : Number(partition)
}

/** Offsets of a partition that are recorded as missing: covered, and without a row. */
export interface MissingRange {
  readonly partition: number
  readonly generation: number
  readonly start: bigint
  /** One past the last. */
  readonly end: bigint
}

/** No topic has such a name. */
const missingPrefix = (tableId: string, topic: string) => `lake/${tableId}/missing:${topic}/`

/** The txn by which a range is recorded as missing up to its end; one that ends where it starts is so no more. */
export function missingTxn(tableId: string, topic: string, range: MissingRange, now: number): Txn {
  const { generation, partition, start, end } = range
  const appId = `${missingPrefix(tableId, topic)}${generation}/${partition}/${start}`
  return { appId, version: end, lastUpdated: now }
}

/** The ranges that are recorded as missing. Those of lakes before they were recorded by themselves are only counted. */
export function missingRanges(tableId: string, topic: string, txns: ReadonlyMap<string, Txn>): readonly MissingRange[] {
  const prefix = missingPrefix(tableId, topic)
  return [...txns.values()].flatMap(({ appId, version }) => {
    if (!appId.startsWith(prefix)) return []
    const [generation, partition, start = ''] = appId.slice(prefix.length).split('/')
    const range = {
      generation: Number(generation),
      partition: Number(partition),
      start: BigInt(start),
      end: version,
    }
    return range.end > range.start ? [range] : []
  })
}
