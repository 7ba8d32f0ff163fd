import { describe, expect, test } from 'vitest'

import { joinRanges } from '../../../shared/pipeline/bronze/append.js'
import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import type { EncodedRange } from '../../../shared/pipeline/bronze/encode.js'
import { BronzeFixture, eventRecord, range } from './bronzeFixture.js'

const counts = {
  received: 1,
  redelivered: 2,
  repaired: 3,
  valid: 4,
  quarantined: 5,
  tombstones: 6,
  dropped: 0,
  filtered: 0,
  erased: 0,
  missing: 7n,
  holes: 8n,
}
const stretch = (from: number, position: number, more: Partial<EncodedRange> = {}): EncodedRange => ({
  partition: 0,
  generation: 0,
  from: BigInt(from),
  position: BigInt(position),
  coveredDigest: 0n,
  last: undefined,
  missing: [],
  counts,
  ...more,
})

describe('neighbouring stretches of a partition', () => {
  test('are one that has lost nothing of either: counts, missing offsets, and the last record there is', () => {
    const lastRecord = { offset: 4n, digest: 9n }
    const [joined] = joinRanges([
      stretch(10, 15, { missing: [{ partition: 0, start: 11n, end: 12n }] }),
      stretch(0, 10, { last: lastRecord, missing: [{ partition: 0, start: 5n, end: 10n }] }),
    ])
    expect(joined).toEqual(
      stretch(0, 15, {
        last: lastRecord,
        missing: [
          { partition: 0, start: 5n, end: 10n },
          { partition: 0, start: 11n, end: 12n },
        ],
        counts: {
          received: 2,
          redelivered: 4,
          repaired: 6,
          valid: 8,
          quarantined: 10,
          tombstones: 12,
          dropped: 0,
          filtered: 0,
          erased: 0,
          missing: 14n,
          holes: 16n,
        },
      }),
    )
  })

  test('that are not neighbours are no coverage', () => {
    expect(() => joinRanges([stretch(0, 10), stretch(11, 15)])).toThrow(/breaks off at 10/)
    expect(() => joinRanges([stretch(0, 10), stretch(9, 15)])).toThrow(/breaks off at 10/)
  })

  test('of several partitions are joined apart', () => {
    expect(
      joinRanges([stretch(0, 10), stretch(10, 12, { partition: 1 }), stretch(10, 15)]).map(r => [
        r.partition,
        r.from,
        r.position,
      ]),
    ).toEqual([
      [0, 0n, 15n],
      [1, 10n, 12n],
    ])
  })
})

test('offsets that are missing or holes in several commits are added up', async () => {
  await using f = await BronzeFixture.open()
  f.append(range(0, 40))
  f.source.compactAway('events', 0, [12n, 32n, 33n])
  await f.deliver(range(0, 3))
  f.source.deleteRecords('events', 0, 10n)
  await f.deliver([10, 11, 13, 14])
  f.source.deleteRecords('events', 0, 25n)
  await f.deliver(range(30, 32))
  await f.deliver([35])
  expect((await f.progress()).get(0)).toMatchObject({ covered: 35n, missing: 17n, holes: 3n })
})

test('the last record is not forgotten over commits that bring none', async () => {
  await using f = await BronzeFixture.open()
  f.append(range(0, 3))
  await catchUp(f.lake, 'command')
  const { coveredDigest: digest } = (await f.progress()).get(0) ?? {}
  for (const n of [3, 5]) {
    const aborted = f.source.begin()
    aborted.append('events', [{ ...eventRecord(n), partition: 0 }])
    aborted.abort()
    await catchUp(f.lake, 'command')
  }
  expect((await f.progress()).get(0)).toMatchObject({
    covered: 6n,
    coveredDigest: 0n,
    lastRecord: { offset: 2n, digest },
  })
})
