import { describe, expect, test } from 'vitest'

import { optimizeTable } from '../../../shared/delta/maintenance/index.js'
import { monitorTable } from '../../../shared/pipeline/monitor/monitorTable.js'
import { faultsOf, readStatus } from '../../../shared/pipeline/status/index.js'
import { newestFiles } from '../../../shared/pipeline/status/newestRows.js'
import type { Row } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { orders } from '../../harness/threeStreams/orders.js'
import { type BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { writeRows } from '../logRows.js'
import { ingest, look, open, tamper } from '../monitor/monitorFixture.js'

const layersOf = {
  bronze: 'bronze.events',
  silver: 'silver.events',
  gold: 'gold.events_scored',
  summary: 'gold.events_summary',
}

/** Rows as a run of the monitor leaves them, all alike. */
function run(f: BronzeFixture, more: Row = {}): readonly Row[] {
  return Object.entries(layersOf).map(([layer, table_name]) => ({
    run_time: BigInt(f.clock.now()) * 1000n,
    table_name,
    stream: 'events',
    layer,
    status: 'OK',
    reason: 'The newest event is 1 s old.',
    table_version: 1n,
    ...more,
  }))
}

const write = (f: BronzeFixture, rows: readonly Row[]) => writeRows(f.lake, monitorTable, rows)
const status = (f: BronzeFixture) => readStatus(f.lake, f.lake.streams)

describe('lake status', () => {
  test('of a lake without tables, and with an empty monitor_logs: the monitor has never run', async () => {
    await using f = await open()
    const nothing = await status(f)
    expect(nothing.monitor).toMatchObject({ state: 'NEVER', repair: 'lake run monitor' })
    expect(nothing.monitor.reason).toContain('no table monitor_logs')
    expect(nothing.tables.map(t => t.status)).toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'])
    await write(f, [])
    const empty = await status(f)
    expect(empty.monitor).toMatchObject({ state: 'NEVER' })
    expect(empty.monitor.reason).toContain('no rows')
    expect(faultsOf(empty)[0]).toBe('the monitor has never run')
  })

  test('says what a real run of the monitor found, and the command for lost rows', async () => {
    await using f = await open()
    await ingest(f, range(0, 20))
    await look(f)
    f.clock.advance(60_000)
    await tamper(f, 'lose')
    await look(f)
    const { tables, monitor } = await status(f)
    expect(monitor.state).toBe('OK')
    const [bronze, silver] = tables
    expect(bronze).toMatchObject({
      table: 'bronze.events',
      status: 'DEGRADED',
      reconciled: false,
      lag: 0n,
      repair: undefined,
    })
    expect(bronze?.since).toEqual({ time: f.clock.now(), isStart: true })
    expect(silver).toMatchObject({ table: 'silver.events', rejected: undefined })
  })

  test('a monitor that has missed two turns is silent, one that has missed one is not; its schedule counts', async () => {
    await using f = await open()
    await write(f, run(f))
    f.clock.advance(3 * 60_000)
    expect((await status(f)).monitor.state).toBe('OK')
    f.clock.advance(2 * 60_000)
    const report = await status(f)
    expect(report.monitor).toMatchObject({ state: 'SILENT', repair: 'lake run monitor' })
    expect(faultsOf(report)).toEqual(['the monitor is silent'])
    await using hourly = await f.another({ settings: { MONITOR_SCHEDULE: '0 0 * * * *' } })
    expect((await status(hourly)).monitor.state).toBe('OK')
  })

  test('one of two streams without rows is UNKNOWN and a fault, whatever the other is', async () => {
    await using f = await open({ streams: [events, orders] })
    await write(f, run(f))
    const report = await status(f)
    expect(report.tables.map(({ stream, status: s }) => [stream, s])).toEqual([
      ...Array.from({ length: 4 }, () => ['events', 'OK']),
      ...Array.from({ length: 4 }, () => ['orders', 'UNKNOWN']),
    ])
    expect(faultsOf(report)).toHaveLength(4)
    expect(faultsOf(await readStatus(f.lake, [events]))).toEqual([])
  })

  test('a row from a clock that was ahead does not hide newer ones; alone it is no sign of life', async () => {
    await using f = await open()
    await write(f, run(f, { run_time: BigInt(f.clock.now() + 86_400_000) * 1000n, status: 'DEGRADED' }))
    const ahead = await status(f)
    expect(ahead.monitor).toMatchObject({ state: 'SILENT' })
    expect(ahead.monitor.reason).toContain('lies 24 h in the future')
    await write(f, run(f, { status: 'LATE' }))
    const now = await status(f)
    expect(now.monitor.state).toBe('OK')
    expect(now.tables.map(t => t.status)).toEqual(['LATE', 'LATE', 'LATE', 'LATE'])
    expect(faultsOf(now)).toEqual([])
  })

  test('finds the newest row and since when across compactions, whatever order the log has', async () => {
    await using f = await open()
    const start = f.clock.now()
    for (const [minute, s] of ['OK', 'LATE', 'LATE', 'LATE'].entries()) {
      await write(f, run(f, { run_time: BigInt(start + minute * 60_000) * 1000n, status: s }))
      if (minute === 2) await optimizeTable(f.lake.table('monitor_logs'), {})
    }
    f.clock.advance(3 * 60_000)
    const { tables } = await status(f)
    expect(tables[0]).toMatchObject({ seenAt: start + 180_000, since: { time: start + 60_000, isStart: true } })
  })

  test('reads on until it knows since when, and no further', async () => {
    await using f = await open()
    const start = f.clock.now()
    for (let minute = 0; minute < 40; minute++)
      await write(f, run(f, { run_time: BigInt(start + minute * 60_000) * 1000n, status: minute < 20 ? 'OK' : 'LATE' }))
    f.clock.advance(39 * 60_000)
    const before = f.lake.store.usage().reads
    expect((await status(f)).tables[3]?.since).toEqual({ time: start + 20 * 60_000, isStart: true })
    const far = f.lake.store.usage().reads - before
    await write(f, run(f, { run_time: BigInt(f.clock.now() + 1) * 1000n, status: 'DEGRADED' }))
    const again = f.lake.store.usage().reads
    expect((await status(f)).tables[3]?.since).toEqual({ time: f.clock.now() + 1, isStart: true })
    expect(f.lake.store.usage().reads - again).toBeLessThan(far - 8)
  })

  test('a table of no stream is shown while its fault lasts, and not after', async () => {
    await using f = await open()
    const fault = { stream: null, layer: null, table_name: 'cluster_logs', status: 'DEGRADED', table_version: null }
    await write(f, [...run(f), { ...run(f)[0], ...fault }])
    expect(faultsOf(await status(f))).toEqual(['cluster_logs DEGRADED'])
    f.clock.advance(60_000)
    await write(f, run(f))
    expect(faultsOf(await status(f))).toEqual([])
  })

  test('a verdict that is not known here is not passed off as a good one', async () => {
    await using f = await open()
    await write(f, run(f, { status: '__proto__', layer: 'constructor' }))
    expect((await status(f)).tables.map(t => [t.status, t.repair])).toEqual(Array(4).fill(['UNKNOWN', undefined]))
  })

  test('reads few files of many, and the newest whatever its size', () => {
    const file = (minute: number, rows: number) => ({
      path: `${minute}`,
      partitionValues: {},
      size: 1,
      modificationTime: 0,
      dataChange: true,
      stats:
        `{"numRecords":${rows},"minValues":{},"maxValues":{"run_time":"2025-04-01T00:00:00.000Z"},"nullCount":{}}`.replace(
          '00:00:00',
          `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`,
        ),
    })
    const many = Array.from({ length: 500 }, (_, i) => file((i * 7) % 500, 4))
    expect(newestFiles(many).map(({ path }) => path)).toEqual(range(0, 32).map(i => String(499 - i)))
    expect(newestFiles([file(1, 4), file(9, 2_000_000), file(3, 4)]).map(({ path }) => path)).toEqual(['9'])
    expect(newestFiles([file(9, 4), file(3, 4), file(1, 2_000_000)]).map(({ path }) => path)).toEqual(['9', '3'])
  })
})
