import { expect } from 'vitest'

import { runGold, runMonitor, runSilver } from '../../shared/pipeline/index.js'
import type { Row } from '../../shared/types/index.js'
import { identityClosed } from '../harness/invariants.js'
import type { BronzeFixture } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'

/** Silver, gold and the monitor run once; the newest rows of `monitor_logs` by layer. */
export async function refresh(f: BronzeFixture): Promise<Readonly<Record<string, Row>>> {
  f.clock.advance(1_000)
  ok(await runSilver(f.lake, 'timer'))
  ok(await runGold(f.lake, 'timer'))
  f.clock.advance(1_000)
  const at = BigInt(f.clock.now()) * 1000n
  ok(await runMonitor(f.lake, 'timer'))
  const rows = (await f.read('monitor_logs')).filter(row => (row['run_time'] as bigint) >= at)
  return Object.fromEntries(rows.map(row => [row['layer'] as string, row]))
}

/** The monitor finds nothing to say against any layer. */
export function expectAllWell(layers: Readonly<Record<string, Row>>): void {
  expect(Object.keys(layers).toSorted()).toEqual(['bronze', 'gold', 'silver', 'summary'])
  for (const [layer, row] of Object.entries(layers)) {
    expect(row, `${layer}: ${row['reason'] as string}`).toMatchObject({ status: 'OK', identity_closed: true })
  }
}

/** What is wrong with what bronze's commits said, added up over all of them, held against its progress and its rows. */
export async function openAccounts(f: BronzeFixture): Promise<readonly string[]> {
  const ranges = (await f.reported()).flatMap(commit => commit.ranges)
  const said = (name: string) => ranges.reduce((sum, r) => sum + BigInt(r[name] ?? 0), 0n)
  const progress = [...(await f.progress()).values()]
  return identityClosed({
    received: said('received'),
    redelivered: said('redelivered'),
    valid: said('valid'),
    quarantined: said('quarantined'),
    tombstones: said('tombstones'),
    span: progress.reduce((sum, p) => sum + p.covered - p.start + 1n, 0n),
    bronzeRows: BigInt((await f.rows()).length),
    missing: progress.reduce((sum, p) => sum + p.missing, 0n),
    holes: progress.reduce((sum, p) => sum + p.holes, 0n),
  })
}

/** The keys of a table's rows. */
export async function keysOf(f: BronzeFixture, path: string): Promise<readonly string[]> {
  return (await f.read(path)).map(row => row['event_id'] as string)
}
