import { expect, test } from 'vitest'

import { recentRows } from '../../shared/alerts/recentRows.js'
import { DrivenLake } from './drivenLake.js'

test('a row that has become too old is not returned again, though its file was read when it was not', async () => {
  await using driven = await DrivenLake.open()
  const times = async (from: number) =>
    [...new Set((await recentRows(driven.lake, 'monitor_logs', from)).map(row => row['run_time']))].sort()
  for (let turn = 0; turn < 3; turn++) await driven.turn()
  const all = await times(0)
  expect(all).toHaveLength(3)
  const second = Number((all[1] as bigint) / 1000n)
  expect(await times(second)).toEqual(all.slice(1))
  expect(await times(second + 1)).toEqual(all.slice(2))
})
