import { expect, test } from 'vitest'

import { checkpointInterval } from '../../../shared/delta/table/checkpointIfDue.js'

test.each([
  ['7', 7],
  ['+10', 10],
  [undefined, undefined],
  ['0', undefined],
  ['-3', undefined],
  ['2.5', undefined],
  ['often', undefined],
])('delta.checkpointInterval %s', (value, commits) => {
  expect(checkpointInterval(value === undefined ? {} : { 'delta.checkpointInterval': value })).toBe(commits)
})
