import { expect, test } from 'vitest'

import { runMonitor } from '../../../shared/pipeline/monitor/index.js'
import { monitorTable } from '../../../shared/pipeline/monitor/monitorTable.js'
import { clusterTable } from '../../../shared/pipeline/runLog/clusterTable.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { type LogData, runLine, type RunListener } from '../../../shared/telemetry/index.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'

test('listeners hear of every run: what began, what it wrote with the offsets it covered, and the rows of the monitor', async () => {
  const heard: string[] = []
  const lines: LogData[] = []
  const rows: LogData[] = []
  const listener: RunListener = {
    started: ({ step, stream }) => heard.push(`${step} of ${stream ?? 'all'} begins`),
    ended: (run, written) => lines.push(runLine(run, written)),
    observed: some => rows.push(...some),
  }
  await using f = await BronzeFixture.open({ partitions: 2, listeners: [listener] })
  f.append(range(0, 5))
  f.append(range(5, 8), 1)
  await f.deliver(range(0, 3))
  await f.deliver(range(0, 3), 1)
  await refineSilver(f.lake, f.stream)
  await runMonitor(f.lake, 'timer')
  expect(heard).toEqual([
    'bronze of events begins',
    'bronze of events begins',
    'silver of events begins',
    'monitor of all begins',
  ])
  expect(lines.map(line => [line['table_name'], line['table_version'], line['offsets'], line['outcome']])).toEqual([
    ['bronze.events', 1, '0:0-2', 'committed'],
    ['bronze.events', 2, '1:0-2', 'committed'],
    ['silver.events', 1, null, 'committed'],
    ['monitor_logs', 1, null, 'committed'],
  ])
  const columns = clusterTable.schema.fields.map(({ name }) => name)
  expect(columns.filter(name => !(name in (lines[0] ?? {})))).toEqual([])
  expect(Object.keys(rows[0] ?? {})).toEqual(monitorTable.schema.fields.map(({ name }) => name))
  expect(rows.map(row => row['table_name'])).toEqual(
    expect.arrayContaining(['bronze.events', 'silver.events', 'gold.events_scored', 'gold.events_summary']),
  )
})
