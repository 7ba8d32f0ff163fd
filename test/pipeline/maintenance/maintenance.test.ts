import { describe, expect, test, vi } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { commitPath } from '../../../shared/delta/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { ConsumerPositions } from '../../../shared/pipeline/maintenance/consumerPositions.js'
import { errorGroup } from '../../../shared/pipeline/maintenance/errorGroup.js'
import { runMaintenance } from '../../../shared/pipeline/maintenance/maintenanceStep.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { StepReport } from '../../../shared/pipeline/step/stepReport.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { BronzeFixture, day0, isCommit, range } from '../bronze/bronzeFixture.js'

const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  COMPACTION_MIN_FILES: '3',
  FRESHNESS_LATE: '10 minutes',
  FRESHNESS_STALE: '90000 hours',
}
/** Near the machine's clock, by which bronze's files say when they were written; ahead, so that none is of the future. */
const open = (parts: Parameters<typeof BronzeFixture.open>[0] = {}) =>
  BronzeFixture.open({ settings, clock: new ManualClock(Date.now() + 5 * 60_000), ...parts })
const minutes = 60_000
const day = 86_400_000

/** Five batches through the whole pipeline, bad records among them; each layer has a file a batch, or two. */
async function filled(f: BronzeFixture): Promise<void> {
  for (let batch = 0; batch < 5; batch++) {
    f.append(range(batch * 10, batch * 10 + 9))
    f.source.append('events', [{ key: null, value: Buffer.from('{'), partition: 0, timestamp: day0 }])
    await f.deliver(range(batch * 10, batch * 10 + 10))
    await pipeline(f)
    f.clock.advance(1_000)
  }
}

async function pipeline(f: BronzeFixture): Promise<readonly StepReport[]> {
  const reports = [
    ...(await runSilver(f.lake, 'timer')),
    ...(await runGold(f.lake, 'timer')),
    ...(await runMonitor(f.lake, 'timer')),
  ]
  expect(reports.flatMap(report => (report.error === undefined ? [] : [report.error.message]))).toEqual([])
  return reports
}

async function maintain(f: BronzeFixture): Promise<Readonly<Record<string, StepReport>>> {
  const reports = await runMaintenance(f.lake, 'timer')
  expect(reports.flatMap(report => (report.error === undefined ? [] : [report.error.message]))).toEqual([])
  return Object.fromEntries(reports.map(report => [String(report.detail['table']), report]))
}

const sorted = (rows: readonly unknown[]) =>
  rows
    .map(row => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
    .sort()

async function monitored(f: BronzeFixture) {
  f.clock.advance(1_000)
  await pipeline(f)
  const rows = await f.read('monitor_logs')
  const last = rows.reduce(
    (newest, row) => ((row['run_time'] as bigint) > newest ? (row['run_time'] as bigint) : newest),
    0n,
  )
  return rows.filter(row => row['run_time'] === last)
}

describe('maintenance', () => {
  test('lets deliveries pass between the files that it compacts', async () => {
    await using f = await open()
    await filled(f)
    f.clock.advance(20 * minutes)
    let passed = 0
    vi.spyOn(f.lake.deliveries, 'lettingPass').mockReturnValue(() => {
      passed++
      return Promise.resolve()
    })
    const { 'bronze/events': bronze } = await maintain(f)
    const files = Number(bronze?.detail['filesBefore'])
    expect(files).toBeGreaterThan(1)
    expect(passed).toBeGreaterThan(files)
  })

  test('puts the files of every table together, and nobody downstream notices', async () => {
    await using f = await open()
    await filled(f)
    const before = await monitored(f)
    const paths = ['bronze/events', 'silver/events', 'gold/events_scored']
    const rows = await Promise.all(paths.map(path => f.read(path)))
    f.clock.advance(20 * minutes)
    const reports = await maintain(f)
    // Rejected rows stay in files of their own.
    expect(reports['bronze/events']).toMatchObject({ outcome: 'committed', detail: { filesBefore: 10, filesAfter: 2 } })
    expect(reports['silver/events']).toMatchObject({ outcome: 'committed', detail: { filesBefore: 5, filesAfter: 1 } })
    expect(reports['gold/events_scored']).toMatchObject({
      outcome: 'committed',
      detail: { filesBefore: 5, filesAfter: 1 },
    })
    expect((await f.lake.table('bronze/events').snapshot())?.files.map(errorGroup).sort()).toEqual([
      'rejected',
      'valid',
    ])
    expect((await Promise.all(paths.map(path => f.read(path)))).map(sorted)).toEqual(rows.map(sorted))

    for (const report of [...(await runSilver(f.lake, 'timer')), ...(await runGold(f.lake, 'timer'))])
      expect(report).toMatchObject({ outcome: 'nothingToDo' })
    const after = await monitored(f)
    expect(after.map(row => [row['layer'], row['rows_total'], row['rows_added'], row['identity_closed']])).toEqual(
      before.map(row => [row['layer'], row['rows_total'], 0n, row['identity_closed']]),
    )
    expect(after.every(row => row['identity_closed'] === true)).toBe(true)

    f.append(range(50, 55))
    await f.deliver(range(50, 55))
    const grown = await monitored(f)
    const counts = grown.map(row => [row['layer'], row['rows_total'], row['identity_closed']])
    expect(counts).toEqual([
      ['bronze', 55n, true],
      ['silver', 50n, true],
      ['gold', 50n, true],
      ['summary', 1n, true],
    ])
    expect(await maintain(f)).toMatchObject({ 'silver/events': { outcome: 'nothingToDo' } })
  })

  test('sorts with no more memory on a large instance than on the smallest', async () => {
    await using f = await open({ settings: { COMPACTION_MIN_FILES: '3', INSTANCE_MEMORY_MB: '4096' } })
    await filled(f)
    f.clock.advance(20 * minutes)
    const opened = vi.spyOn(DuckDbSession, 'open')
    expect((await maintain(f))['silver/events']).toMatchObject({ outcome: 'committed' })
    const asked = opened.mock.calls.map(([options]) => [options?.memoryLimit, options?.threads])
    expect(new Set(asked.map(String))).toEqual(new Set([`${80 * 2 ** 20},1`]))
    opened.mockRestore()
  })

  test('leaves young files alone', async () => {
    await using f = await open()
    await filled(f)
    for (const report of Object.values(await maintain(f))) expect(report).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('deletes once a day what nobody needs, and the tables read the same', async () => {
    await using f = await open()
    await filled(f)
    f.clock.advance(20 * minutes)
    await maintain(f)
    await pipeline(f)
    const rows = await f.read('bronze/events')
    f.clock.advance(8 * day)
    expect((await maintain(f))['bronze/events']).toMatchObject({ outcome: 'committed', detail: { vacuumed: 10 } })
    expect((await maintain(f))['bronze/events']).toMatchObject({ outcome: 'nothingToDo' })
    expect(sorted(await f.read('bronze/events'))).toEqual(sorted(rows))
    for (const row of await monitored(f)) expect(row['identity_closed']).toBe(true)
    f.clock.advance(day)
    expect((await maintain(f))['bronze/events']?.detail).toMatchObject({ vacuumed: 0 })
  })

  test('by a host whose clock is 40 days ahead puts off no clean-up, and deletes nothing before its time', async () => {
    await using f = await open()
    await filled(f)
    f.clock.advance(20 * minutes)
    await maintain(f)
    await pipeline(f)
    f.clock.advance(day)
    const rows = await f.read('bronze/events')
    await f.store.put('bronze/events/uploaded-not-yet-committed.parquet', new Uint8Array(1))
    await using ahead = await f.another({ settings, clock: new ManualClock(f.clock.now() + 40 * day) })
    expect((await maintain(ahead))['bronze/events']?.detail).toMatchObject({ vacuumed: 0 })
    expect(await f.store.head('bronze/events/uploaded-not-yet-committed.parquet')).toBeDefined()
    expect(sorted(await f.read('bronze/events'))).toEqual(sorted(rows))
    // The old files went a day ago, and are kept for a week.
    f.clock.advance(day)
    expect((await maintain(f))['bronze/events']?.detail).toMatchObject({ vacuumed: 0 })
    f.clock.advance(8 * day)
    expect((await maintain(f))['bronze/events']?.detail).toMatchObject({ vacuumed: 11 })
  })

  test('goes on after the storage itself was 40 days ahead for a while', async () => {
    await using f = await open()
    await filled(f)
    f.clock.advance(40 * day)
    await maintain(f)
    f.clock.advance(-40 * day)
    f.append(range(50, 60))
    await f.deliver(range(50, 60))
    await pipeline(f)
    expect((await maintain(f))['bronze/events']?.detail).toHaveProperty('vacuumed')
  })

  test('never deletes what a follower that lags has still to read', async () => {
    await using f = await open()
    await filled(f)
    for (let batch = 5; batch < 8; batch++) {
      f.append(range(batch * 10, batch * 10 + 10))
      await f.deliver(range(batch * 10, batch * 10 + 10))
    }
    // Silver has not seen the last three; the monitor neither.
    f.clock.advance(20 * minutes)
    await maintain(f)
    f.clock.advance(40 * day)
    await maintain(f)
    for (const report of await runSilver(f.lake, 'timer'))
      expect(report).toMatchObject({ outcome: 'committed', rowsOut: 30 })
    for (const row of await monitored(f)) expect(row['identity_closed']).toBe(true)
    expect((await f.read('silver/events')).length).toBe(75)
  })

  test('cleans the log up to the slowest follower, and no further', async () => {
    await using f = await open({ settings: { ...settings, CHECKPOINT_INTERVAL: '2', COMPACTION_MIN_FILES: '1000' } })
    const table = f.lake.table('bronze/events')
    const step = async (batch: number) => {
      f.append(range(batch * 10, batch * 10 + 10))
      await f.deliver(range(batch * 10, batch * 10 + 10))
      await maintain(f)
      f.clock.advance(minutes)
    }
    for (let batch = 0; batch < 6; batch++) {
      await step(batch)
      await pipeline(f)
    }
    const read = (await table.state({ fresh: true }))?.version ?? 0
    for (let batch = 6; batch < 12; batch++) await step(batch)
    const state = await table.state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    const followers = await ConsumerPositions.read(f.lake)
    expect(await followers.lowWatermark('bronze/events', state, f.stream)).toBe(read + 1)
    f.clock.advance(40 * day)
    await maintain(f)
    expect(await f.store.get(`bronze/events/${commitPath(0)}`)).toBeUndefined()
    expect(await f.store.get(`bronze/events/${commitPath(read + 1)}`)).toBeDefined()
    for (const row of await monitored(f)) expect(row['identity_closed']).toBe(true)
    expect((await f.read('silver/events')).length).toBe(120)
  })

  test('nobody has read anything: everything stays', async () => {
    await using f = await open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    const state = await f.lake.table('bronze/events').state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    expect(await (await ConsumerPositions.read(f.lake)).lowWatermark('bronze/events', state, f.stream)).toBe(0)
  })

  test('a table that fails does not hold up the others', async () => {
    const clock = new ManualClock(Date.now())
    const faults = new Faults()
    await using f = await open({ store: new FaultyStore(new MemoryStore(clock), faults, clock), clock })
    await filled(f)
    f.clock.advance(20 * minutes)
    faults.add({
      on: 'putIfAbsent',
      path: path => path.startsWith('bronze/') && isCommit(path),
      times: 100,
      fault: { kind: 'fail', retryable: false },
    })
    const reports = await runMaintenance(f.lake, 'timer')
    expect(reports.filter(report => report.outcome === 'failed')).toHaveLength(1)
    expect(reports.find(report => report.detail['table'] === 'silver/events')).toMatchObject({ outcome: 'committed' })
  })
})
