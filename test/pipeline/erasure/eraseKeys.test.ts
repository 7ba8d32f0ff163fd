import { describe, expect, test } from 'vitest'

import { resolvedPath } from '../../../shared/contract/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { catchUp, resetOffsets, runGold, runMonitor } from '../../../shared/pipeline/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'
import {
  ingest,
  lenient,
  open,
  quarantined,
  replay,
  silver,
  silverRows,
  strict,
} from '../quarantine/quarantineFixture.js'
import { tracesOf } from './traces.js'

const key = 'o\'Neil; DROP TABLE "x" -- ключ'

/** Two keys in every place that a lake can have them. */
async function filled(f: BronzeFixture): Promise<void> {
  await ingest(f, [
    { id: key, value: 1 },
    { id: 'other', value: 2 },
    { id: key, value: -3 },
    Buffer.from(`{"event_id":${JSON.stringify(key)},"event_type":`),
  ])
  await replay(f, lenient, { why: `asked for by ${key}` })
  ok(await runGold(f.lake, 'timer'))
  ok(await runMonitor(f.lake, 'timer'))
  await ingest(f, [
    { id: key, value: 4, at: -200_000 },
    { id: 'other', value: -5, at: -200_000 },
  ])
  ok(await runGold(f.lake, 'timer'))
}

/** Whether every table's counts reconcile. */
async function expectBalanced(f: BronzeFixture): Promise<void> {
  f.clock.advance(60_000)
  ok(await runMonitor(f.lake, 'timer'))
  const all = await f.read('monitor_logs')
  const last = all.map(row => row['run_time'] as bigint).reduce((a, b) => (a > b ? a : b))
  for (const row of all.filter(one => one['run_time'] === last))
    expect([row['table_name'], row['identity'], row['identity_closed']], row['identity'] as string).not.toContain(false)
}

describe('a key that is erased', () => {
  test('is in no file of the lake any more, in whatever layer, log or statistics it was', async () => {
    await using f = await open()
    await filled(f)
    expect((await tracesOf(f.store, key)).length).toBeGreaterThan(5)
    const report = await eraseKeys(f.lake, strict, [key])
    expect(await tracesOf(f.store, key)).toEqual([])
    expect(report.tables.map(({ path, rows: n }) => [path, n])).toEqual([
      ['bronze/events', 4],
      ['silver/events', 2],
      [resolvedPath(strict), 1],
      ['gold/events_scored', 2],
      ['gold/events_summary', 0],
    ])
    expect(await silverRows(f)).toEqual(['0/1 other=2'])
    expect(await quarantined(f)).toEqual([5])
    await expectBalanced(f)
  })

  test('does not come back by a rebuild, by reset-offsets, by catch-up or by a replay', async () => {
    await using f = await open()
    await filled(f)
    await eraseKeys(f.lake, strict, [key])
    const before = await silverRows(f)
    ok([await rebuildSilver(f.lake, strict)])
    expect(await silverRows(f)).toEqual(before)
    await expectBalanced(f)
    await resetOffsets(f.lake, strict)
    ok(await catchUp(f.lake, 'command'))
    await silver(f)
    expect(await tracesOf(f.store, key)).toEqual([])
    await replay(f)
    expect(await tracesOf(f.store, key)).toEqual([])
    await expectBalanced(f)
  })
})
