import type { Clock } from '../../clock.js'
import type { OffsetRange, SourceBatch, SourceRecord } from '../source.js'
import { silent, type SourceError } from '../sourceError.js'
import { eventHubsFault } from './eventHubsFault.js'
import type { HubClients } from './hubClients.js'
import { requireHeld } from './partitionOffsets.js'
import { toRecord } from './receivedEvent.js'

/** How long the service may say nothing, in milliseconds. */
export interface SilenceLimits {
  /** After that long a link is given up for a new one: links have gone silent for good. */
  readonly link: number
  /** Without an event for that long, a read ends with SOURCE_SILENT. Pauses of half a minute are known. */
  readonly total: number
}

/** How a reader waits. */
export interface Waiting {
  readonly clock: Clock
  readonly silenceLimits: SilenceLimits
}

/** Milliseconds between a link that failed and the next. */
export const pauseMs = ({ link }: SilenceLimits): number => Math.min(500, link)

/** How often the service says where the partition ends, in seconds. */
export const reportSeconds = ({ link }: SilenceLimits): number => Math.min(2, link / 1_000)

const eventsPerBatch = 1_000

/**
 * The records of a range that is not empty, up to the first event at or beyond its end.
 *
 * @throws SourceError SOURCE_OUT_OF_RANGE, SOURCE_SILENT, or what the service failed with
 */
export async function* readRange(
  hub: HubClients,
  topic: string,
  range: OffsetRange,
  waiting: Waiting & { readonly signal: AbortSignal | undefined },
): AsyncGenerator<SourceBatch, void, undefined> {
  const { partition, start, end } = range
  const { clock, silenceLimits, signal } = waiting
  await requireHeld(hub, topic, range)
  let position = start
  let heard = clock.monotonic()
  for (;;) {
    let fault: SourceError | undefined
    try {
      const startPosition = { sequenceNumber: Number(position), isInclusive: true }
      await using channel = hub.openChannel({
        partition,
        startPosition,
        ...credits(end - position),
        signal,
        reportSeconds: reportSeconds(silenceLimits),
      })
      for (;;) {
        const events = await channel.next(silenceLimits.link)
        signal?.throwIfAborted()
        if (events.length === 0) break
        const batch = sourceBatchOf(
          events.map(event => toRecord(topic, partition, event)),
          position,
          end,
        )
        if (batch === undefined) continue
        position = batch.position
        heard = clock.monotonic()
        yield { partition, ...batch }
        if (position === end) return
      }
    } catch (thrown) {
      signal?.throwIfAborted()
      fault = eventHubsFault(thrown, topic, hub.consumerGroup)
      if (!fault.retryable) throw fault
    }
    await requireHeld(hub, topic, { partition, start: position, end })
    const quiet = clock.monotonic() - heard
    if (quiet >= silenceLimits.total) throw fault ?? silent(topic, { partition, start: position, end }, quiet)
    if (fault !== undefined) await clock.sleep(pauseMs(silenceLimits), signal)
  }
}

/** What a range of that many offsets asks of the service at once: what lies behind the range is of no use. */
function credits(offsets: bigint) {
  const most = (count: number) => (offsets < BigInt(count) ? Number(offsets) : count)
  return { maxBatchSize: most(eventsPerBatch), prefetchCount: most(3 * eventsPerBatch) }
}

/**
 * What a batch covers between `from` and `end`: up to its last event, which proves that what it leaves out is not
 * there.
 * @returns undefined when all of it lies below `from`
 */
function sourceBatchOf(
  received: readonly SourceRecord[],
  from: bigint,
  end: bigint,
): Pick<SourceBatch, 'records' | 'position' | 'holes'> | undefined {
  const records: SourceRecord[] = []
  let position = from
  let holes = 0n
  for (const record of received) {
    if (record.offset < position) continue
    const at = record.offset < end ? record.offset : end
    holes += at - position
    position = at
    if (at === end) break
    records.push(record)
    position++
  }
  return position === from ? undefined : { records, position, holes }
}
