import { expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { runMaintenance, runMonitor } from '../../../shared/pipeline/index.js'
import { runMaintenance as maintainTables } from '../../../shared/pipeline/maintenance/index.js'
import { readOverview } from '../../../shared/pipeline/overview/index.js'
import { range } from '../bronze/bronzeFixture.js'
import { ingest, open, settings } from '../monitor/monitorFixture.js'

const openAhead = () =>
  open({
    settings: { ...settings, COMPACTION_MIN_FILES: '3' },
    // Ahead of the machine's clock, by which bronze's files say when they were written.
    clock: new ManualClock(Date.now() + 5 * 60_000),
  })

/** Four files of each table, which may be compacted. */
async function ingestInFiles(f: Awaited<ReturnType<typeof open>>): Promise<void> {
  for (let batch = 0; batch < 4; batch++) {
    await ingest(f, range(batch * 10, batch * 10 + 10))
    await runMonitor(f.lake, 'timer')
    f.clock.advance(1_000)
  }
  f.clock.advance(20 * 60_000)
}

test('what was compacted is an event of the overview: a line a table of a stream, with the rows that were written again', async () => {
  await using f = await openAhead()
  await ingestInFiles(f)
  const reports = await runMaintenance(f.lake, 'timer')
  expect(reports.find(({ detail }) => detail['table'] === 'bronze/events')).toMatchObject({ rowsIn: 40, rowsOut: 40 })
  await runMonitor(f.lake, 'timer')
  const compacted = (await readOverview(f.store))?.events.filter(({ kind }) => kind === 'compacted') ?? []
  expect(compacted.map(({ about, text }) => `${about}: ${text.replace(/,.*/, '')}`).sort()).toEqual([
    'bronze.events: 40 rows into larger files',
    'silver.events: 40 rows into larger files',
  ])
})

test('what a compaction took is collected before the next table is compacted, and only then', async () => {
  await using f = await openAhead()
  await ingestInFiles(f)
  const compacted: number[] = []
  const tables = ['bronze/events', 'silver/events', 'monitor_logs']
  const filesOf = async (path: string) => (await f.lake.table(path).snapshot())?.numFiles
  const reports = await maintainTables(f.lake, 'timer', async () => {
    compacted.push((await Promise.all(tables.map(filesOf))).filter(files => files === 1).length)
  })
  const rewritten = reports.filter(({ rowsOut }) => rowsOut > 0)
  expect(rewritten.length).toBeLessThan(reports.length)
  expect(compacted).toHaveLength(rewritten.length)
  expect(compacted.slice(0, 3)).toEqual([1, 2, 3])
})
