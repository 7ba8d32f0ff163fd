import { beforeEach, expect, test, vi } from 'vitest'

import * as pipeline from '../../shared/pipeline/index.js'
import { lake } from './testShell.js'

vi.mock('../../shared/pipeline/index.js', async original => ({
  ...(await original<typeof pipeline>()),
  runPipeline: vi.fn(() => Promise.resolve({ job: '', startedAt: '', endedAt: '', ok: true, steps: [] })),
}))

const runPipeline = vi.mocked(pipeline.runPipeline)
beforeEach(() => {
  runPipeline.mockClear()
})

test.each([
  [[], 'bronze'],
  [['--from', '01_stream_kafka_to_bronze'], 'bronze'],
  [['--from', '02_bronze_to_silver_cleanse'], 'silver'],
  [['--from', '02_fetch_models'], 'models'],
  [['--from=gold'], 'gold'],
  [['--from', '03_monitor_silver_events'], 'monitor'],
])('lake pipeline run %j begins with %s', async (words, step) => {
  const environment = { LAKE_URL: 'file:///nothing/is/opened/here' }
  expect(await lake(['pipeline', 'run', ...words], { environment })).toMatchObject({ code: 0 })
  expect(runPipeline.mock.calls.map(([, trigger, from]) => [trigger, from])).toEqual([['command', step]])
})
