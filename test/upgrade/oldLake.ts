import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ManualClock } from '../../shared/clock.js'
import type { Header, ProducedRecord } from '../../shared/sources/index.js'
import { MemorySource, type MemorySourceOptions } from '../../shared/sources/memory/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { BronzeFixture } from '../pipeline/bronze/bronzeFixture.js'

const folder = join(import.meta.dirname, '../fixtures/lake-0.1.0')

/** Later than anything the old version wrote, milliseconds. */
export const afterwards = Date.UTC(2026, 11, 7, 8)

/** Files are compacted and checkpoints written as early as in the fixture; its events are never too old. */
export const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  CHECKPOINT_INTERVAL: '8',
  COMPACTION_MIN_FILES: '3',
  FRESHNESS_LATE: '90000 hours',
  FRESHNESS_STALE: '90001 hours',
}

/** An offset of the topic the old lake was fed by: its record, or why there is none. */
export interface Slot {
  readonly partition: number
  readonly offset: bigint
  readonly record: ProducedRecord | undefined
  readonly isMissing: boolean
}

/** What the old lake's topic held, partition by partition, in the order of the offsets. */
export async function oldTopic(): Promise<readonly Slot[]> {
  const lines = (await readFile(join(folder, 'topic.jsonl'), 'utf8')).trim().split('\n')
  return lines.map(line => {
    const json = JSON.parse(line) as Readonly<Record<string, unknown>> & {
      readonly headers?: readonly (readonly [string, string | null])[]
    }
    const partition = json['partition'] as number
    return {
      partition,
      offset: BigInt(json['offset'] as number),
      isMissing: json['gone'] === 'missing',
      record:
        json['gone'] === undefined
          ? {
              partition,
              timestamp: json['timestamp'] as number,
              key: bytesOf(json, 'key'),
              value: bytesOf(json, 'value'),
              headers: json.headers?.map(([key, value]): Header => [
                key,
                value === null ? null : Buffer.from(value, 'base64'),
              ]),
            }
          : undefined,
    }
  })
}

function bytesOf(json: Readonly<Record<string, unknown>>, name: string): Uint8Array | null {
  const encoded = json[`${name}Base64`]
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64')
  const text = json[name]
  return typeof text === 'string' ? Buffer.from(text) : null
}

/** The records appended at the same offsets, with the same holes. */
export function fill(source: MemorySource, slots: readonly Slot[]): void {
  for (const { partition, offset, record } of slots) {
    source.append('events', [record ?? { partition, key: null, value: null }])
    if (record === undefined) source.compactAway('events', partition, [offset])
  }
}

/** The old version's topic in a source of today. */
export async function oldSource(clock: ManualClock, options: MemorySourceOptions = {}): Promise<MemorySource> {
  const source = new MemorySource({ now: () => clock.now(), ...options })
  source.createTopic('events', 2)
  fill(source, await oldTopic())
  return source
}

/** The lake of version 0.1.0, copied into memory, and its topic. */
export async function openOldLake(options: MemorySourceOptions = {}): Promise<BronzeFixture> {
  const clock = new ManualClock(afterwards)
  const store = new MemoryStore(clock)
  const root = join(folder, 'lake')
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await store.put(path.slice(root.length + 1).replaceAll('\\', '/'), await readFile(path))
  }
  return BronzeFixture.open({ store, clock, settings, source: await oldSource(clock, options) })
}

/** The spans that the topic's slots make, for `eachOffsetOnce`. */
export function spansOf(slots: readonly Slot[], more: readonly number[] = [0, 0]) {
  return [0, 1].map(partition => {
    const own = slots.filter(slot => slot.partition === partition)
    const absent = own.filter(slot => slot.record === undefined).map(slot => slot.offset)
    return { topic: 'events', partition, start: 0n, end: BigInt(own.length + (more[partition] ?? 0)), absent }
  })
}
