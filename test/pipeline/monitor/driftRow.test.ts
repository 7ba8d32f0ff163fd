import { expect, test, vi } from 'vitest'

import { driftPartitionColumns, driftTable } from '../../../shared/contract/index.js'
import { createTable, readsNothing, writeDataFile } from '../../../shared/delta/index.js'
import { columnsOf } from '../../../shared/pipeline/incremental/index.js'
import { openSession } from '../../../shared/pipeline/lake/index.js'
import { driftRow } from '../../../shared/pipeline/monitor/driftRow.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../silver/silverFixture.js'

const day0 = 1_743_465_600_000_000n
const dayMicros = 86_400_000_000n

/** What a column has: its index, and the limit of it. */
type Figures = readonly [column: string, psi: number, limit: number]

async function writeDay(f: SilverFixture, day: number, figures: readonly Figures[]): Promise<void> {
  const spec = driftTable(events)
  const table = f.lake.table(spec.path)
  if ((await table.state({ fresh: true })) === undefined)
    await table.commit(createTable({ ...spec, createdTime: f.lake.clock.now() }))
  const start = day0 + BigInt(day) * dayMicros
  const rows = figures.map(([column, psi, limit]) => ({
    window_start: start,
    window_end: start + dayMicros,
    model_name: 'm',
    model_version: '3',
    column_name: column,
    type: 'numeric',
    n: 500n,
    psi,
    psi_limit: limit,
    js: 0.1,
    breached: psi > limit,
  }))
  const layout = { schema: spec.schema, partitionColumns: driftPartitionColumns, configuration: {} }
  const fields = spec.schema.fields.filter(({ name }) => !driftPartitionColumns.includes(name))
  const date = `2025-04-0${day + 1}`
  const add = await writeDataFile(table.store, layout, columnsOf(fields, rows), { _window_date: date })
  const state = await table.state({ fresh: true })
  await table.commit({
    readVersion: state?.version ?? 0,
    actions: [{ add }],
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
}

test('the column that is furthest over its own limit is named first, not the one with the largest index', async () => {
  await using f = await SilverFixture.open()
  await writeDay(f, 0, [['older', 9, 0.1]])
  await writeDay(f, 1, [
    ['large', 2, 1.9],
    ['worst', 0.9, 0.1],
    ['second', 0.8, 0.2],
    ['fine', 0.05, 0.1],
    ['also', 0.8, 0.2],
  ])
  await using session = await openSession(f.lake)
  const [row] = await driftRow(f.lake, session, events, f.lake.clock.now())
  expect(row).toMatchObject({ status: 'DEGRADED', layer: 'drift' })
  const named = [...(row?.['reason'] as string).matchAll(/(\w+) \(PSI/g)].map(([, column]) => column)
  expect(named).toEqual(['worst', 'also', 'second', 'large'])
})

test('a table is read again only when it has changed, and one that was dropped and made anew counts as another', async () => {
  await using f = await SilverFixture.open()
  await using session = await openSession(f.lake)
  const look = async () => (await driftRow(f.lake, session, events, f.lake.clock.now()))[0]
  expect(await look()).toBeUndefined()
  await writeDay(f, 0, [['value', 9, 0.1]])
  const reads = vi.spyOn(f.lake.table(driftTable(events).path), 'snapshot')
  const first = await look()
  expect(first).toMatchObject({ status: 'DEGRADED', files: 1n })
  expect(await look()).toEqual(first)
  expect(reads).toHaveBeenCalledTimes(1)
  await writeDay(f, 1, [['value', 0.05, 0.1]])
  expect(await look()).toMatchObject({ status: 'OK', files: 2n })
  expect(reads).toHaveBeenCalledTimes(2)
  for await (const { path } of f.lake.store.list(driftTable(events).path)) await f.lake.store.delete(path)
  // For a minute the version that is known counts.
  f.clock.advance(61_000)
  expect(await look()).toBeUndefined()
  await writeDay(f, 0, [['value', 9, 0.1]])
  await writeDay(f, 1, [['other', 9, 0.1]])
  f.clock.advance(61_000)
  expect(await look()).toMatchObject({
    status: 'DEGRADED',
    files: 2n,
    reason: expect.stringMatching(/other/) as string,
  })
})
