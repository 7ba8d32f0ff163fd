import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { alterTable } from '../../../shared/delta/ddl/index.js'
import { commitPath } from '../../../shared/delta/index.js'
import { ConsumerPositions } from '../../../shared/pipeline/maintenance/consumerPositions.js'
import { runMaintenance } from '../../../shared/pipeline/maintenance/maintenanceStep.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { foldRuns } from '../../../shared/pipeline/runLog/foldRuns.js'
import { runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'

const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  COMPACTION_MIN_FILES: '1000',
  CHECKPOINT_INTERVAL: '2',
  FRESHNESS_STALE: '90000 hours',
}
const open = (more: Readonly<Record<string, string>> = {}) =>
  BronzeFixture.open({ settings: { ...settings, ...more }, clock: new ManualClock(Date.now()) })
const day = 86_400_000

/** Who reads the versions of bronze one after the other. */
const readers = {
  silver: (f: BronzeFixture) => runSilver(f.lake, 'timer'),
  monitor: (f: BronzeFixture) => runMonitor(f.lake, 'timer'),
  runs: (f: BronzeFixture) => foldRuns(f.lake),
}
type Reader = keyof typeof readers

async function deliver(f: BronzeFixture, batch: number): Promise<void> {
  f.append(range(batch * 2, batch * 2 + 2))
  await f.deliver(range(batch * 2, batch * 2 + 2))
  f.clock.advance(60_000)
}

describe('clean-up of bronze', () => {
  // The monitor tells the runs before it looks, so that it cannot be ahead of them.
  test.each<readonly [slow: Reader, quick: readonly Reader[]]>([
    ['silver', ['monitor']],
    ['monitor', ['silver', 'runs']],
  ])('keeps what %s has still to read, although others are ahead', async (slow, quick) => {
    await using f = await open()
    await deliver(f, 0)
    await deliver(f, 1)
    await readers[slow](f)
    const reached = await f.version()
    for (let batch = 2; batch < 9; batch++) {
      await deliver(f, batch)
      await runMaintenance(f.lake, 'timer')
    }
    for (const reader of quick) await readers[reader](f)
    const state = await f.lake.table('bronze/events').state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    const keepFrom = await (await ConsumerPositions.read(f.lake)).lowWatermark('bronze/events', state, f.stream)
    expect(keepFrom).toBe(reached + 1)
    f.clock.advance(40 * day)
    await runMaintenance(f.lake, 'timer')
    expect(await f.store.head(`bronze/events/${commitPath(reached + 1)}`)).toBeDefined()
    for (const reader of Object.values(readers)) await reader(f)
    const rows = (await f.read('monitor_logs')).filter(row => row['layer'] === 'bronze')
    expect(rows.at(-1)).toMatchObject({ identity_closed: true, rows_total: 18n })
    expect(await f.read('silver/events')).toHaveLength(18)
  })

  test('keeps the commits whose runs are still to be recorded, where monitor and silver go on while cluster_logs cannot be written', async () => {
    const faults = new Faults()
    const clock = new ManualClock(Date.now())
    await using f = await BronzeFixture.open({
      settings,
      clock,
      store: new FaultyStore(new MemoryStore(clock), faults, clock),
    })
    await deliver(f, 0)
    await readers.runs(f)
    const told = await f.version()
    faults.add({
      on: 'putIfAbsent',
      path: path => path.startsWith('cluster_logs/'),
      times: Infinity,
      fault: { kind: 'fail', retryable: false },
    })
    for (let batch = 1; batch < 4; batch++) await deliver(f, batch)
    await readers.silver(f)
    expect(await readers.monitor(f)).toMatchObject([{ outcome: 'committed' }])
    const state = await f.lake.table('bronze/events').state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    expect(await (await ConsumerPositions.read(f.lake)).lowWatermark('bronze/events', state, f.stream)).toBe(told + 1)
  })

  test.each([
    ["the table's own", { VACUUM_RETENTION: '7 days' }, '30 days'],
    ["the setting's", { VACUUM_RETENTION: '30 days' }, '7 days'],
  ])('keeps files for the longer of two retentions: %s', async (_, more, own) => {
    await using f = await open({ ...more, COMPACTION_MIN_FILES: '2' })
    for (let batch = 0; batch < 3; batch++) await deliver(f, batch)
    for (const reader of Object.values(readers)) await reader(f)
    await alterTable(
      f.lake.table('bronze/events'),
      [{ kind: 'setProperties', properties: { 'delta.deletedFileRetentionDuration': `interval ${own}` } }],
      { clock: f.clock },
    )
    f.clock.advance(3_600_000)
    await runMaintenance(f.lake, 'timer')
    for (const reader of Object.values(readers)) await reader(f)
    const vacuumed = async () =>
      (await runMaintenance(f.lake, 'timer')).find(({ detail }) => detail['table'] === 'bronze/events')?.detail[
        'vacuumed'
      ]
    f.clock.advance(20 * day)
    expect(await vacuumed()).toBe(0)
    f.clock.advance(11 * day)
    expect(await vacuumed()).toBe(3)
  })
})
