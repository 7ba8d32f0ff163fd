import { expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../../shared/contract/index.js'
import { readCost } from '../../../shared/pipeline/cost/index.js'
import { catchUp, runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'

test('each run says which table it is about, and what tables cost is what their rows of cluster_logs say', async () => {
  const orders = defineStream({
    name: 'orders',
    topic: 'events',
    schema: z.object({ event_id: z.string(), timestamp: timestamp() }),
    key: 'event_id',
    eventTime: 'timestamp',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
  })
  await using f = await BronzeFixture.open({ streams: [events, orders], settings: { COST_PER_10K_READS: '3' } })
  f.append(range(0, 30))
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  f.clock.advance(600_000)
  ok(await runSilver(f.lake, 'timer'))
  ok(await runGold(f.lake, 'timer'))
  ok(await runMaintenance(f.lake, 'timer'))
  // The second run takes in what the journal got from the first.
  for (let n = 0; n < 2; n++) ok(await runMonitor(f.lake, 'timer'))

  const rows = await f.read('cluster_logs')
  const saysNone = new Set(rows.filter(row => row['table_name'] === null).map(row => row['step']))
  expect([...saysNone].filter(step => step !== 'monitor')).toEqual([])
  const executions = rows.filter(row => row['execution_offset_ms'] === null).map(row => row['step'])
  expect(executions.filter(step => step !== 'monitor').sort()).toEqual(['bronze', 'gold', 'maintenance', 'silver'])
  const byHand = new Map<unknown, { usd: number; maintenance: number; runs: number }>()
  for (const row of rows) {
    const usd = row['estimated_cost_usd'] as number
    const before = byHand.get(row['table_name']) ?? { usd: 0, maintenance: 0, runs: 0 }
    const maintenance = before.maintenance + (row['step'] === 'maintenance' ? usd : 0)
    byHand.set(row['table_name'], { usd: before.usd + usd, maintenance, runs: before.runs + 1 })
  }
  const report = await readCost(f.lake, 0)
  expect(report?.tables.map(({ table }) => table ?? null).sort()).toEqual([...byHand.keys()].sort())
  for (const { table, total, maintenance, runs } of report?.tables ?? []) {
    const expected = byHand.get(table ?? null)
    expect([table, runs]).toEqual([table, expected?.runs])
    expect(total).toBeCloseTo(expected?.usd ?? 0, 9)
    expect(maintenance).toBeCloseTo(expected?.maintenance ?? 0, 9)
  }
  expect(report?.tables.reduce((sum, { total }) => sum + total, 0)).toBeCloseTo(report?.total.total ?? 0, 9)
  for (const table of ['gold.events_scored', 'gold.events_summary'])
    expect(report?.tables.find(one => one.table === table)?.steps).toEqual(
      expect.arrayContaining(['gold', 'maintenance']),
    )
  expect([...byHand.keys()]).toEqual(expect.arrayContaining(['bronze.events', 'silver.orders', 'gold.orders_scored']))
})
