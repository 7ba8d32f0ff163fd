import { expect, test } from 'vitest'

import { readCost, tablesOfStep } from '../../../shared/pipeline/cost/readCost.js'
import { clusterTable } from '../../../shared/pipeline/runLog/clusterTable.js'
import { defaultPrices } from '../../../shared/telemetry/index.js'
import type { Row } from '../../../shared/types/index.js'
import { BronzeFixture, day0, range } from '../bronze/bronzeFixture.js'
import { writeRows } from '../logRows.js'

const runAt = (ms: number, more: Row = {}): Row => ({
  step: 'bronze',
  stream: 'events',
  outcome: 'committed',
  start_time: BigInt(ms - 500) * 1000n,
  end_time: BigInt(ms) * 1000n,
  duration_ms: 500n,
  rows_out: 10n,
  bytes_out: 1_000n,
  storage_reads: 1n,
  storage_writes: 2n,
  storage_lists: 3n,
  storage_deletes: 4n,
  estimated_cost_usd: 0.5,
  ...more,
})

test('no table that gold writes or maintenance keeps is left out', () => {
  const gold = ['gold.events_scored', 'gold.events_summary', 'gold.events_drift']
  expect(tablesOfStep('gold', 'events')).toEqual(gold)
  expect(tablesOfStep('maintenance', 'events')).toEqual([
    'bronze.events',
    'silver.events',
    ...gold,
    'bronze.events_quarantine_resolved',
  ])
})

test('without cluster_logs there is nothing to price', async () => {
  await using f = await BronzeFixture.open()
  expect(await readCost(f.lake, 0)).toBeUndefined()
})

test('runs since a time, by the prices and the memory of the settings', async () => {
  await using f = await BronzeFixture.open({ settings: { COST_PER_GB_SECOND: '0.5', INSTANCE_MEMORY_MB: '4096' } })
  f.clock.advance(3_600_000)
  await writeRows(f.lake, clusterTable, [runAt(day0 - 1), runAt(day0), runAt(day0 + 60_000)])
  const report = await readCost(f.lake, day0)
  expect(report?.total).toMatchObject({ runs: 2, rowsOut: 20, bytesOut: 2_000, gigabyteSeconds: 8, tables: [] })
  expect(report?.total.compute).toBeCloseTo(8 * 0.5 + 2 * 0.4e-6, 12)
  expect(report?.total.storage).toBeCloseTo((2 * 0.005 + 10 * 0.065) / 1e4, 12)
  expect(report?.steps[0]?.tables).toEqual(['bronze.events'])
  expect(report).toMatchObject({ recorded: 1, instanceMemoryBytes: 4 * 1024 ** 3 })
  expect(report?.prices).toEqual({ ...defaultPrices, perGigabyteSecond: 0.5 })
})

test('a table of an older version may lack columns, and rows may lack values', async () => {
  await using f = await BronzeFixture.open()
  const fields = clusterTable.schema.fields.filter(({ name }) => name !== 'storage_lists' && name !== 'start_time')
  const names = new Set(fields.map(({ name }) => name))
  const old: Row = Object.fromEntries(Object.entries(runAt(day0 - 5_000)).filter(([name]) => names.has(name)))
  await writeRows(f.lake, { ...clusterTable, schema: { type: 'struct', fields } }, [
    old,
    { ...old, step: null, stream: null, outcome: null, duration_ms: -7n, storage_reads: null },
    { ...old, end_time: null },
  ])
  const report = await readCost(f.lake, 0)
  expect(report?.total).toMatchObject({ runs: 2, parts: { lists: 0, reads: expect.closeTo(5e-7, 12) as number } })
  expect(report?.steps.map(({ step }) => step)).toContain('unknown')
})

test('a hundred thousand runs are added up without keeping them', async () => {
  await using f = await BronzeFixture.open()
  const steps = ['bronze', 'silver', 'gold', 'monitor']
  await writeRows(
    f.lake,
    clusterTable,
    range(0, 100_000).map(i => runAt(day0 - i, { step: steps[i % 4] ?? '' })),
  )
  const report = await readCost(f.lake, 0)
  expect(report?.total).toMatchObject({ runs: 100_000, rowsOut: 250_000 })
  expect(report?.steps).toHaveLength(4)
  expect(report?.span).toEqual({ from: day0 - 99_999 - 500, to: day0 })
})

test('gold, which is three runs of one execution, is billed for one', async () => {
  await using f = await BronzeFixture.open()
  await writeRows(f.lake, clusterTable, [
    runAt(day0, { step: 'gold', table_name: 'gold.events_scored', duration_ms: 300n }),
    runAt(day0, { step: 'gold', table_name: 'gold.events_summary', duration_ms: 200n, execution_offset_ms: 300n }),
    runAt(day0, { step: 'gold', table_name: 'gold.events_drift', duration_ms: 800n, execution_offset_ms: 501n }),
  ])
  f.clock.advance(3_600_000)
  const report = await readCost(f.lake, 0)
  expect(report?.steps).toMatchObject([{ step: 'gold', runs: 3, executions: 1 }])
  expect(report?.total.gigabyteSeconds).toBeCloseTo(2 * 1.4, 12)
  expect(report?.tables.map(({ table, runs }) => [table, runs])).toEqual([
    ['gold.events_scored', 1],
    ['gold.events_drift', 1],
    ['gold.events_summary', 1],
  ])
})
