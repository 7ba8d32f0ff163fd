import { expect, test } from 'vitest'

import { backfillText } from '../../../shared/cli/output/index.js'
import type { BackfillPlan } from '../../../shared/pipeline/bronze/index.js'
import { SourceError } from '../../../shared/sources/index.js'

const nothing: BackfillPlan = {
  stream: 'events',
  topic: 'clicks',
  ranges: [],
  gone: [],
  untouched: [],
  unknown: new Map(),
  stopped: new Map(),
}

test('a plan says what is read, what the topic has no more, and what cannot be read', () => {
  const range = { generation: 1, newestGeneration: 1 }
  const plan: BackfillPlan = {
    ...nothing,
    ranges: [
      { ...range, partition: 0, start: 1_000n, end: 3_500n, missingFrom: 900n },
      { ...range, partition: 2, start: 7n, end: 8n, missingFrom: undefined },
    ],
    gone: [{ partition: 0, start: 900n, end: 1_000n }],
    untouched: [4],
    unknown: new Map([[2, 1n]]),
    stopped: new Map([[3, new SourceError('SOURCE_UNREACHABLE', 'It has no leader.')]]),
  }
  expect(backfillText(plan)).toBe(
    `This reads into bronze of stream events, topic clicks, 2,501 offsets, and at most as many records:
  partition 0: offsets 1000 to 3499 (2,500 offsets), recorded as missing
  partition 2: offset 7, before generation 1 begins
  partition 0: offsets 900 to 999 (100 offsets) are not in the topic any more
  partition 4: never ingested; it begins by itself
  partition 2: 1 offset more are missing, and which they are was not recorded then
  partition 3: not read. It has no leader.
`,
  )
})

test('a plan without anything to read says so', () => {
  expect(backfillText(nothing)).toBe(
    'There is nothing to read into bronze of stream events, topic clicks, from there on.\n',
  )
})
