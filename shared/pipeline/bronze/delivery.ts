import { type OffsetRange, recordBytes, type SourceRecord } from '../../sources/index.js'

/** What a trigger delivers: records of several partitions mixed, perhaps seen before, perhaps with gaps. */
export interface Delivery {
  readonly records: readonly SourceRecord[]
  /** Delivered offsets whose bytes the trigger did not keep exactly: to be read again from the source. */
  readonly reread: readonly { readonly partition: number; readonly offset: bigint }[]
}

/** What a delivery means for one partition. */
export interface PartitionDelivery {
  readonly partition: number
  /** The first offset not covered yet. */
  readonly expected: bigint
  /** One past the last offset delivered; at most `expected` when everything was delivered before. */
  readonly position: bigint
  /** Not covered yet, in offset order, each offset once. */
  readonly records: readonly SourceRecord[]
  /** From the first to the last offset the delivery leaves out, or could not keep exactly: one read repairs them. */
  readonly gap: OffsetRange | undefined
  readonly received: number
  readonly redelivered: number
}

/** The partitions that a delivery has something of. */
export function partitionsOf(delivery: Delivery): ReadonlySet<number> {
  return new Set([...delivery.records, ...delivery.reread].map(({ partition }) => partition))
}

/** What a delivery has of some partitions. */
export function ofPartitions(delivery: Delivery, wanted: (partition: number) => boolean): Delivery {
  return {
    records: delivery.records.filter(({ partition }) => wanted(partition)),
    reread: delivery.reread.filter(({ partition }) => wanted(partition)),
  }
}

/** Bytes of a delivery that are made rows of at once: a piece, or a larger record by itself. */
export function bytesInWork({ records }: Delivery, piece: number): number {
  let all = 0
  let largest = 0
  for (const record of records) {
    const size = recordBytes(record)
    all += size
    largest = Math.max(largest, size)
  }
  return Math.max(Math.min(all, piece), largest)
}

/**
 * Sorts a delivery out by partition against what is covered.
 *
 * @param expected the first offset not covered yet, for every partition of the delivery
 */
export function planDelivery(delivery: Delivery, expected: ReadonlyMap<number, bigint>): readonly PartitionDelivery[] {
  const records = new Map<number, SourceRecord[]>()
  for (const record of delivery.records) entry(records, record.partition).push(record)
  const inexact = new Map<number, bigint[]>()
  for (const { partition, offset } of delivery.reread) {
    entry(inexact, partition).push(offset)
    entry(records, partition)
  }
  return [...records].map(([partition, list]) => {
    const from = expected.get(partition)
    if (from === undefined) throw new RangeError(`No expected offset for partition ${partition}.`)
    return planPartition(partition, from, list, inexact.get(partition) ?? [])
  })
}

function planPartition(partition: number, expected: bigint, list: SourceRecord[], reread: bigint[]): PartitionDelivery {
  const received = list.length + reread.length
  const seen = new Set(reread)
  const fresh: SourceRecord[] = []
  for (const record of list) {
    if (record.offset < expected || seen.has(record.offset)) continue
    seen.add(record.offset)
    fresh.push(record)
  }
  fresh.sort(byOffset)
  const again = reread.filter(offset => offset >= expected)
  const position = [...again, fresh.at(-1)?.offset ?? -1n].reduce((max, o) => (o + 1n > max ? o + 1n : max), 0n)
  return {
    partition,
    expected,
    position,
    records: fresh,
    gap: enclosingGap(partition, expected, fresh, again),
    received,
    redelivered: received - fresh.length - new Set(again).size,
  }
}

function enclosingGap(
  partition: number,
  expected: bigint,
  fresh: readonly SourceRecord[],
  again: readonly bigint[],
): OffsetRange | undefined {
  let start: bigint | undefined
  let end = expected
  const widen = (from: bigint, to: bigint) => {
    start = start === undefined || from < start ? from : start
    if (to > end) end = to
  }
  let next = expected
  for (const { offset } of fresh) {
    if (offset > next) widen(next, offset)
    next = offset + 1n
  }
  for (const offset of again) {
    widen(offset, offset + 1n)
    if (offset > next) widen(next, offset)
  }
  return start === undefined ? undefined : { partition, start, end }
}

const byOffset = (a: SourceRecord, b: SourceRecord) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0)

function entry<T>(map: Map<number, T[]>, key: number): T[] {
  let list = map.get(key)
  if (list === undefined) map.set(key, (list = []))
  return list
}
