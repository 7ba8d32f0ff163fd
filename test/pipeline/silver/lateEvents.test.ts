import { expect, test } from 'vitest'

import { isLate } from '../../../shared/pipeline/silver/lateEvents.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'

const day0 = 1_743_465_600_000_000n
const allowed = BigInt(events.allowedLatenessMs) * 1000n

test.each([
  ['as late as is allowed', allowed, false],
  ['a microsecond later than is allowed', allowed + 1n, true],
  ['a microsecond sooner', allowed - 1n, false],
  ['before it happened, by clocks that disagree', -allowed - 1n, false],
])('an event that comes %s', async (_, after, late) => {
  await using session = await DuckDbSession.open({ threads: 1 })
  for (const at of [day0, -day0, 0n]) {
    const { is } = await session.row(`
      SELECT ${isLate(events)} AS is FROM (
        SELECT make_timestamptz(${at}::BIGINT) AS "timestamp", make_timestamptz(${at + after}::BIGINT) AS _timestamp
      )`)
    expect(is, String(at)).toBe(late)
  }
})

test("an event without Kafka's timestamp is not late, and not unknown", async () => {
  await using session = await DuckDbSession.open({ threads: 1 })
  const { is } = await session.row(`
    SELECT ${isLate(events)} AS is FROM (
      SELECT make_timestamptz(${day0}::BIGINT) AS "timestamp", NULL::TIMESTAMPTZ AS _timestamp
    )`)
  expect(is).toBe(false)
})
