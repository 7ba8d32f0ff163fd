import { expect, test } from 'vitest'

import { runPipeline } from '../../shared/pipeline/index.js'
import { BronzeFixture, range } from './bronze/bronzeFixture.js'

test('a run from a task on leaves out the tasks before it, and takes the others in their order', async () => {
  await using f = await BronzeFixture.open({ partitions: 2, settings: { DUCKDB_MEMORY_LIMIT: '256MB' } })
  f.append(range(0, 10))
  await f.deliver(range(0, 6))
  const run = await runPipeline(f.lake, 'command', 'silver')
  expect(run.ok).toBe(true)
  expect(run.steps.map(({ task, step }) => [task, step])).toEqual([
    ['02_bronze_to_silver_cleanse', 'silver'],
    ['02_silver_to_gold_score', 'gold'],
    ['02_silver_to_gold_score', 'gold'],
    ['03_monitor_silver_events', 'monitor'],
  ])
  // Records that wait in Kafka are still there: bronze had no turn.
  expect(await f.read('bronze/events')).toHaveLength(6)
  expect(await f.read('silver/events')).toHaveLength(6)
})
