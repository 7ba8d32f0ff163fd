import { expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { CommitThrottle } from '../../../shared/pipeline/bronze/commitThrottle.js'

test('of several commits that wait at once each has a turn of its own', async () => {
  const asked: number[] = []
  const clock = Object.assign(new ManualClock(), {
    sleep: (ms: number) => {
      asked.push(ms)
      return Promise.resolve()
    },
  })
  const pace = new CommitThrottle(clock, 1_000)
  await pace.wait('a')
  pace.committed('a')
  await Promise.all([pace.wait('a'), pace.wait('a'), pace.wait('b')])
  expect(asked).toEqual([1_000, 2_000])
})
