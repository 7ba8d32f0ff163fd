import { expect, test } from 'vitest'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { ok, scoredRows, silverOf, summaryRows } from './goldFixture.js'

test('rows of silver get a score by the model that ships, and a window', async () => {
  await using f = await SilverFixture.open()
  await silverOf(f, [[
    { id: 'a', type: 'click', value: 1984 },
    { id: 'b', type: 'click', value: 30_000 },
    { id: 'c', type: 'purchase', value: 8_500 },
    { id: 'd', type: 'never seen', value: 1e9 },
  ]])
  const [score, summary] = ok(await runGold(f.lake, 'timer'))
  expect(score?.detail).toMatchObject({ model: 'anomaly', scored: 4, anomalies: 1 })
  expect((await scoredRows(f.lake)).map(r => [r['event_id'], r['is_anomaly'], r['model_version']])).toEqual([
    ['a', false, 'starter-1'], ['b', true, 'starter-1'], ['c', false, 'starter-1'], ['d', false, 'starter-1'],
  ])
  expect(summary?.detail).toMatchObject({ windows: 1 })
  expect((await summaryRows(f.lake, 'SELECT event_type, events, anomalies, scored, value_sum, value_p50 FROM t ORDER BY 1')).map(r => Object.values(r))).toEqual([
    ['click', 2n, 1n, 2n, 31_984, 15_992], ['never seen', 1n, 0n, 1n, 1e9, 1e9], ['purchase', 1n, 0n, 1n, 8_500, 8_500],
  ])
  expect((await runGold(f.lake, 'timer')).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
})
