import { describe, expect, test } from 'vitest'

import { resolvedPath } from '../../../shared/contract/index.js'
import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { catchUp, resetOffsets, runGold, runMonitor } from '../../../shared/pipeline/index.js'
import { replayQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'
import {
  ingest,
  lenient,
  open,
  outcomes,
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

  test('is taken out of what was written of other records, whose outcomes stay', async () => {
    await using f = await open()
    await ingest(f, [
      { id: key, value: 1 },
      { id: 'other', value: -1 },
      { id: 'third', value: -1 },
    ])
    const first = { offsets: { first: 1n, last: 1n } }
    await replayQuarantine(f.lake, lenient, first, { by: 'ada', why: `beside ${key}` })
    await replayQuarantine(f.lake, lenient, {}, { by: 'ada', why: 'asked for' })
    await eraseKeys(f.lake, strict, [key])
    expect(await tracesOf(f.store, key)).toEqual([])
    expect((await outcomes(f)).map(row => [row['outcome'], row['resolved_by'], row['why']])).toEqual([
      ['replayed', 'ada', null],
      ['replayed', 'ada', 'asked for'],
    ])
    expect(await silverRows(f)).toHaveLength(2)
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

/** Names of all files of the lake's logs. */
async function logFiles(f: BronzeFixture): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { path } of f.store.list('')) if (path.includes('/_delta_log/')) found.push(path)
  return found
}

test('older versions stay until no writer can be behind them, two minutes after the last rows went', async () => {
  await using f = await open()
  await filled(f)
  const [isOlder, old] = [(path: string) => /\/0{19}\d\.json$/.test(path), await logFiles(f)]
  const { clock } = f
  const sleep = clock.sleep.bind(clock)
  const waits: { ms: number; rows: number; files: readonly string[] }[] = []
  clock.sleep = async (ms, signal) => {
    if (ms >= 10_000) waits.push({ ms, rows: (await silverRows(f)).length, files: await logFiles(f) })
    await sleep(ms, signal)
  }
  await eraseKeys(f.lake, strict, [key])
  // A tip is believed for a minute, and a commit begun then may take as long.
  expect(waits.map(({ ms, rows }) => [ms, rows])).toEqual([[120_000, 1]])
  const before = old.filter(isOlder)
  expect(before.length).toBeGreaterThan(10)
  expect(waits[0]?.files).toEqual(expect.arrayContaining(before))
  const left = new Set(await logFiles(f))
  const erased = ['bronze/events/', 'silver/events/', 'gold/events_s', 'bronze/events_q']
  expect(before.filter(path => left.has(path) && erased.some(folder => path.startsWith(folder)))).toEqual([])
})

test('files of silver that are written again have row groups for the look-up of single keys', async () => {
  await using f = await open({ settings: { DUCKDB_MEMORY_LIMIT: '256MB' } })
  const ids = Array.from({ length: 20_000 }, (_, n) => ({ id: `k${n}`, value: 1, at: n / 1000 }))
  await ingest(f, [...ids, { id: key, value: 1 }])
  const groups = async () => {
    const table = f.lake.table('silver/events')
    const files = (await table.snapshot())?.files ?? []
    const found = files.map(async ({ path, size }) => openParquet(objectStoreSource(table.store, path, size)))
    return (await Promise.all(found)).flatMap(file => file.rowGroups.map(({ rows }) => rows))
  }
  const before = await groups()
  expect(Math.max(...before)).toBeLessThanOrEqual(8192)
  await eraseKeys(f.lake, strict, [key])
  const after = await groups()
  expect(after.reduce((sum, rows) => sum + rows)).toBe(20_000)
  expect(Math.max(...after)).toBeLessThanOrEqual(8192)
})
