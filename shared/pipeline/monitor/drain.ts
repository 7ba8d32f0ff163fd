import type { Settings } from '../../settings/index.js'
import { elapsedMs } from '../../storage/index.js'
import { asObject, inWords } from '../../types/index.js'

/** How one partition of Kafka stands against bronze. */
export interface PartitionLag {
  readonly partition: number
  /** The first offset that bronze does not cover. */
  readonly next: bigint
  /** One past the last offset that a read_committed reader can pass. */
  readonly end: bigint
  /** One past the last record written; undefined where the source does not report it. */
  readonly highWatermark: bigint | undefined
  /** Offsets from `next` on that the source has no more. */
  readonly gone?: bigint | undefined
}

/** What was waiting in a partition when it was observed, until all of that is covered. */
export interface Mark {
  readonly next: bigint
  readonly end: bigint
  /** Since when it waits, milliseconds of the storage's clock. */
  readonly at: number
  /** The end at which a transaction that is still open held readers; undefined when none did. */
  readonly heldEnd: bigint | undefined
  readonly heldAt: number
}

/** Marks by partition; one where nothing waits has none. */
export type Marks = ReadonlyMap<number, Mark>

/** What an observation of Kafka shows of a stream's lag, beside the one before. */
export interface Drain {
  /** For the next observation. */
  readonly marks: Marks
  /** Partitions whose lag does not drain, in words. */
  readonly undrained: readonly string[]
  /** Offsets behind transactions that are still open, in words; and whether one is open for too long. */
  readonly held: readonly string[]
  readonly heldLong: boolean
}

/** How long something may wait before the verdict changes. */
export interface WaitLimits {
  /** Milliseconds that an offset may wait without the lag growing smaller. */
  readonly lagMs: number
  /** Milliseconds that a transaction may be open. */
  readonly transactionMs: number
}

/** An offset may wait for so long, or for two commits where they are kept further apart. */
const lagPatienceMs = 30_000

/** How long offsets may wait in a lake of these settings: two commits come at least so far apart. */
export function waitLimits(settings: Pick<Settings, 'bronzeMinCommitInterval' | 'freshnessLate'>): WaitLimits {
  const lagMs = Math.max(lagPatienceMs, 2 * settings.bronzeMinCommitInterval)
  return { lagMs, transactionMs: settings.freshnessLate }
}

/**
 * Compares what waits in Kafka with what waited when it was last observed. A lag drains when what waited is covered
 * since, or when less waits now; one that does neither stands still or grows, however new the newest row is.
 *
 * @param now milliseconds of the storage's clock
 */
export function compareLag(before: Marks, partitions: readonly PartitionLag[], now: number, limits: WaitLimits): Drain {
  const marks = new Map<number, Mark>()
  const undrained: string[] = []
  const held: string[] = []
  let heldLong = false
  for (const { partition, next, end, highWatermark = end } of partitions) {
    const lag = end > next ? end - next : 0n
    const behind = highWatermark > end ? highWatermark - end : 0n
    if (lag === 0n && behind === 0n) continue
    const known = before.get(partition)
    const heldEnd = behind > 0n ? end : undefined
    const heldAt = heldEnd !== undefined && known?.heldEnd === end ? known.heldAt : now
    // A partition that begins again is another one.
    const waits = lag > 0n && known !== undefined && next >= known.next && next < known.end
    marks.set(partition, { ...(waits ? known : { next, end, at: now }), heldEnd, heldAt })
    const waitedMs = waits ? (elapsedMs(known.at, now) ?? 0) : 0
    if (waits && waitedMs >= limits.lagMs && lag >= known.end - known.next) {
      undrained.push(
        `${lag} offsets of partition ${partition} wait from ${next} on, and were ${known.end - known.next} ${inWords(waitedMs / 1000)} ago`,
      )
    }
    if (behind === 0n) continue
    const openMs = elapsedMs(heldAt, now) ?? 0
    heldLong ||= openMs >= limits.transactionMs
    held.push(
      `${behind} offsets of partition ${partition} lie behind a transaction that is still open` +
        (openMs >= 1_000 ? `, for ${inWords(openMs / 1000)} at least` : '') +
        ': they are read when it ends',
    )
  }
  return { marks, undrained, held, heldLong }
}

/** Marks as JSON, offsets as text, and back; what cannot be read is left out. */
export function encodeMarks(marks: Marks): Record<string, Record<string, string | number>> {
  return Object.fromEntries(
    Array.from(marks, ([partition, { next, end, at, heldEnd, heldAt }]) => [
      String(partition),
      {
        next: String(next),
        end: String(end),
        at,
        ...(heldEnd === undefined ? {} : { heldEnd: String(heldEnd) }),
        heldAt,
      },
    ]),
  )
}

/**
 * What `encodeMarks` wrote. A partition whose offsets cannot be read is left out: nothing was seen waiting in it then.
 */
export function decodeMarks(json: unknown): Marks {
  return new Map(
    Object.entries(asObject(json) ?? {}).flatMap(([partition, found]) => {
      const mark = asObject(found) ?? {}
      const [next, end, heldEnd] = ['next', 'end', 'heldEnd'].map(name => offsetIn(mark[name]))
      if (next === undefined || end === undefined) return []
      return [
        [Number(partition), { next, end, at: Number(mark['at']), heldEnd, heldAt: Number(mark['heldAt']) }] as const,
      ]
    }),
  )
}

function offsetIn(json: unknown): bigint | undefined {
  return typeof json === 'string' && /^-?\d+$/.test(json) ? BigInt(json) : undefined
}
