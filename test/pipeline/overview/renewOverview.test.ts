import { describe, expect, test } from 'vitest'

import { readCost } from '../../../shared/pipeline/cost/index.js'
import { runMonitor } from '../../../shared/pipeline/index.js'
import { monitorTable } from '../../../shared/pipeline/monitor/monitorTable.js'
import { readOverview, renewOverview } from '../../../shared/pipeline/overview/index.js'
import { clusterTable } from '../../../shared/pipeline/runLog/clusterTable.js'
import { eventRecord, range } from '../bronze/bronzeFixture.js'
import { writeRows } from '../logRows.js'
import { ingest, open } from '../monitor/monitorFixture.js'

describe('the overview of a lake', () => {
  test('is there after a run of the monitor, and its figures are those of the tables', async () => {
    await using f = await open()
    await ingest(f, range(0, 20))
    await runMonitor(f.lake, 'timer')
    f.clock.advance(60_000)
    await ingest(f, range(20, 25))
    await runMonitor(f.lake, 'timer')
    const overview = await readOverview(f.store)
    const rows = await f.read('monitor_logs')
    const newest = rows.filter(row => row['table_name'] === 'bronze.events').at(-1)
    expect(overview?.tables['bronze.events']?.row['rows_total']).toBe(newest?.['rows_total'])
    expect(
      overview?.tables['bronze.events']?.timeline?.['1h'].values.rows.reduce((a, b) => (a ?? 0) + (b ?? 0), 0),
    ).toBe(25)
    expect(overview?.tasks.find(({ step }) => step === 'bronze')?.runs.length).toBe(2)
    const cost = await readCost(f.lake, 0)
    const days = Object.values(overview?.days ?? {}).flatMap(({ steps }) => steps)
    expect(days.reduce((sum, { busy, idle }) => sum + busy.executions + idle.executions, 0)).toBe(cost?.total.runs)
  })

  test('a rejected record is an example with its reason and the beginning of its value', async () => {
    await using f = await open()
    const values = ['<script>alert(1)</script>', 'x'.repeat(5_000)]
    f.source.append(
      'events',
      values.map(value => ({ ...eventRecord(1), value: Buffer.from(value) })),
    )
    await f.deliver([0, 1])
    await renewOverview(f.lake)
    const overview = await readOverview(f.store)
    expect(overview?.examples.map(({ code }) => code)).toEqual(['NOT_JSON', 'NOT_JSON'])
    expect(overview?.examples.find(({ offset }) => offset === '0')?.value).toBe('<script>alert(1)</script>')
    expect(overview?.examples.find(({ offset }) => offset === '1')?.value.length).toBeLessThan(300)
    await renewOverview(f.lake)
    expect((await readOverview(f.store))?.examples.length).toBe(2)
  })

  test('that is damaged or lost is recreated from the tables, and no run is counted twice', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await runMonitor(f.lake, 'timer')
    const before = await readOverview(f.store)
    await f.store.put('_overview/lake.json', new TextEncoder().encode('{"format":1,"tables"'))
    await renewOverview(f.lake)
    const after = await readOverview(f.store)
    expect(after?.tables['silver.events']?.row).toEqual(before?.tables['silver.events']?.row)
    expect(after?.days).toEqual(before?.days)
    await renewOverview(f.lake)
    expect((await readOverview(f.store))?.days).toEqual(before?.days)
  })

  test('a table that was recreated is not continued from the one before it', async () => {
    await using f = await open()
    const at = BigInt(f.clock.now()) * 1000n
    const one = {
      run_id: 'r',
      step: 'silver',
      stream: 'events',
      start_time: at,
      end_time: at,
      duration_ms: 5n,
      outcome: 'committed',
      rows_out: 3n,
    }
    await writeRows(f.lake, clusterTable, [one, one])
    await renewOverview(f.lake)
    for await (const { path } of f.store.list('cluster_logs/')) await f.store.delete(path)
    const { lake } = await open({ store: f.store })
    await writeRows(lake, clusterTable, [one])
    await renewOverview(lake)
    expect((await readOverview(f.store))?.tasks[0]?.runs.length).toBe(1)
  })

  test('storage that refuses it stops no monitor', async () => {
    await using f = await open()
    await writeRows(f.lake, monitorTable, [])
    f.store.now = () => Promise.reject(new Error('no'))
    await expect(renewOverview(f.lake)).resolves.toBeUndefined()
  })
})
