import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'

/** What the storage's clock showed, and this host's counter just before. */
interface SeenTime {
  readonly storage: number
  readonly at: number
}

/** For how long a host's counter is trusted to go as fast as the storage's clock. Milliseconds. */
const trustedMs = 600_000

const seen = new WeakMap<Lake, SeenTime>()

/**
 * Asks the storage's clock, now and then, where the age of rows has consequences: {@link ingestionTime} is by it then.
 * Streams that keep their rows for ever cost nothing.
 */
export async function watchTime(lake: Lake, stream: Stream): Promise<void> {
  if (stream.retention.bronze === undefined) return
  const at = lake.clock.monotonic()
  const last = seen.get(lake)
  if (last === undefined || at - last.at > trustedMs) seen.set(lake, { storage: await lake.store.now(), at })
}

/**
 * When a record is ingested, milliseconds: by this host's clock, and never before what the storage's shows, by which
 * rows are removed for their age. A host that is behind would write rows that are over too early.
 */
export function ingestionTime(lake: Lake): number {
  const { clock } = lake
  const last = seen.get(lake)
  if (last === undefined) return clock.now()
  return Math.max(clock.now(), last.storage + Math.floor(clock.monotonic() - last.at))
}
