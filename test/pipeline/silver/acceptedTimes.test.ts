import { describe, expect, test } from 'vitest'

import { lineage } from '../../../shared/contract/index.js'
import { SessionTable } from '../../../shared/pipeline/incremental/index.js'
import { AcceptedTimes } from '../../../shared/pipeline/silver/acceptedTimes.js'
import { findDuplicates, withoutDuplicates } from '../../../shared/pipeline/silver/dedupe.js'
import { noPriorKeys } from '../../../shared/pipeline/silver/priorKeys.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { day0, type Given, hour, SilverFixture } from './silverFixture.js'

/** The sample stream's `dedupeWithin`. */
const day = 24n * hour

describe('times of one key', () => {
  test('as far apart as the window are one event, and a moment more makes two, on either side', () => {
    for (const sign of [1n, -1n]) {
      const times = new AcceptedTimes(10n)
      expect(times.accept(0n)).toBe(true)
      expect(times.accept(sign * 10n)).toBe(false)
      expect(times.accept(sign * 11n)).toBe(true)
      expect(times.accept(sign * 5n)).toBe(false)
      expect(times.accept(sign * 22n)).toBe(true)
    }
  })

  test('that were rejected do not reject others', () => {
    const times = new AcceptedTimes(10n)
    expect([0n, 8n, 16n, 24n, -9n].map(time => times.accept(time))).toEqual([true, false, true, false, false])
  })

  test('are those of the key alone once they are cleared', () => {
    const times = new AcceptedTimes(10n)
    times.add(0n)
    times.clear()
    expect(times.accept(1n)).toBe(true)
  })
})

const cases: readonly (readonly [
  what: string,
  before: readonly Given[],
  batch: readonly Given[],
  accepted: readonly bigint[],
])[] = [
  ['in one batch', [], [{ at: 0n }, { at: day }, { at: day + 1n }], [0n, day + 1n]],
  ['in one batch, the later one first', [], [{ at: day }, { at: 0n }, { at: -1n }], [day, -1n]],
  ['and one accepted before', [{ at: 0n }], [{ at: day }], [0n]],
  ['and one accepted before, a moment more', [{ at: 0n }], [{ at: day + 1n }], [0n, day + 1n]],
  ['and one accepted before that is later', [{ at: day }], [{ at: 0n }], [day]],
  ['and one accepted before that is later, a moment more', [{ at: day + 1n }], [{ at: 0n }], [day + 1n, 0n]],
  [
    'where a key is spread too far for one comparison, and one was accepted before',
    [{ at: 0n }],
    [{ at: 10n * hour }, { at: 40n * hour }],
    [0n, 40n * hour],
  ],
]

test.each(cases)('rows of one key as far apart as the window %s', async (_, before, batch, accepted) => {
  await using f = await SilverFixture.open()
  for (const rows of [before, batch]) {
    if (rows.length === 0) continue
    await f.bronze([rows.map(row => ({ ...row, id: 'a' }))])
    expect((await refineSilver(f.lake, events)).outcome).toBe('committed')
  }
  const first = (await f.silver())[0]?.['timestamp'] as bigint
  const found = (await f.silver()).map(row => (row['timestamp'] as bigint) - first)
  expect(found).toEqual(accepted.map(at => at - (accepted[0] ?? 0n)))
})

test('a key with more rows than the engine fetches at once is compared as one', async () => {
  await using session = await DuckDbSession.open()
  const rows = await SessionTable.create(
    session,
    'all_rows',
    ['event_id', 'timestamp', '_ingested_at', ...lineage],
    `SELECT 'a' AS event_id, make_timestamptz(${day0} + i * 60_000_000) AS "timestamp", make_timestamptz(${day0}) AS _ingested_at,
      'events' AS _topic, 0 AS _generation, 0 AS _partition, i AS _offset FROM range(5_000) AS r(i)`,
  )
  const duplicates = await findDuplicates(events, rows, await noPriorKeys(events, rows))
  const { rows: kept } = await session.query(`${withoutDuplicates(rows.name, duplicates)} ORDER BY _offset`)
  expect(kept.map(row => row['_offset'])).toEqual([0n, 1_441n, 2_882n, 4_323n])
})
