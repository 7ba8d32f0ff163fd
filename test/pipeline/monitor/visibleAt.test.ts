import { expect, test } from 'vitest'

import { visibleAt } from '../../../shared/pipeline/monitor/visibleAt.js'

const commit = (timestamp: number, modifiedAt: number | undefined, info: object) => ({
  version: 1,
  timestamp,
  modifiedAt,
  actions: [{ commitInfo: { ...info } }],
})

test.each([
  ['a blob of that second: when its writer says', 5_000, 5_000, { timestamp: 5_320 }, 5_320],
  ['the second commit of the same second, of a writer behind it', 5_001, 5_000, { timestamp: 4_000 }, 5_001],
  ['of a writer whose clock is an hour ahead: within the second', 5_000, 5_000, { timestamp: 3_605_000 }, 5_999],
  ['of a writer that says nothing', 5_000, 5_000, {}, 5_000],
  ['a file whose time has milliseconds', 5_123, 5_123, { timestamp: 5_100 }, 5_123],
  ['a table that keeps in-commit timestamps', 5_100, 5_000, { timestamp: 5_900, inCommitTimestamp: 5_100 }, 5_100],
  ['one that the listing does not show yet', 5_100, undefined, { timestamp: 5_900 }, 5_100],
] as const)('%s', (_, timestamp, modifiedAt, info, visible) => {
  expect(visibleAt(commit(timestamp, modifiedAt, info))).toBe(visible)
})
