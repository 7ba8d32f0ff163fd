import { expect } from 'vitest'

import { type Action, readsNothing } from '../../../shared/delta/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { Row } from '../../../shared/types/index.js'
import { BronzeFixture } from '../bronze/bronzeFixture.js'

export const settings = { DUCKDB_MEMORY_LIMIT: '256MB', FRESHNESS_LATE: '10 minutes', FRESHNESS_STALE: '1 hour' }
export const open = (parts: Parameters<typeof BronzeFixture.open>[0] = {}) => BronzeFixture.open({ settings, ...parts })

/** One run; its rows by layer. */
export async function look(f: BronzeFixture): Promise<Readonly<Record<string, Row>>> {
  f.clock.advance(1_000)
  const at = BigInt(f.clock.now()) * 1000n
  const [report] = await runMonitor(f.lake, 'timer')
  expect(report?.error).toBeUndefined()
  const rows = (await f.read('monitor_logs')).filter(row => (row['run_time'] as bigint) >= at)
  expect(rows).toHaveLength(4)
  return Object.fromEntries(rows.map(row => [row['layer'] as string, row]))
}

/** Records come, and go as far as silver. */
export async function ingest(f: BronzeFixture, keys: readonly number[]): Promise<void> {
  f.append(keys)
  await f.deliver(keys)
  await refineSilver(f.lake, f.stream)
}

/** Adds or removes files of bronze behind the pipeline's back. */
export async function tamper(f: BronzeFixture, change: 'double' | 'lose'): Promise<void> {
  const table = f.lake.table('bronze/events')
  const snapshot = await table.snapshot()
  const add = snapshot?.files[0]
  if (snapshot === undefined || add === undefined) throw new Error('no file')
  if (change === 'double')
    await f.store.put(
      `bronze/events/copy-${add.path.split('/').at(-1) ?? ''}`,
      (await f.store.get(`bronze/events/${add.path}`)) ?? new Uint8Array(),
    )
  const action: Action =
    change === 'double'
      ? { add: { ...add, path: `copy-${add.path.split('/').at(-1) ?? ''}` } }
      : {
          remove: {
            path: add.path,
            dataChange: true,
            size: add.size,
            partitionValues: add.partitionValues,
            extendedFileMetadata: true,
            deletionTimestamp: f.clock.now(),
          },
        }
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [action],
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
  expect(outcome.kind).toBe('committed')
}
