import { describe, expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { compareIdentity, initialProgress } from '../../../shared/pipeline/bronze/topicIdentity.js'
import type { PartitionIdentity } from '../../../shared/sources/index.js'
import { BronzeFixture, eventRecord, range } from './bronzeFixture.js'

const known = { ...initialProgress(0, 0n, { topicId: 5n, epoch: 3 }), covered: 99n }
const found = (more: Partial<PartitionIdentity>): PartitionIdentity => ({
  kind: 'known',
  topicId: 5n,
  epoch: 3,
  epochEnd: undefined,
  ...more,
})

describe('what ids and epochs say', () => {
  test('another id is another topic, whatever the epochs say; no id says nothing', () => {
    expect(compareIdentity(known, found({ topicId: 6n }))).toBe('topicId')
    expect(compareIdentity(initialProgress(0, 0n, { topicId: 5n, epoch: 3 }), found({ topicId: 6n }))).toBe('topicId')
    expect(compareIdentity(known, found({ topicId: undefined }))).toBeUndefined()
    expect(compareIdentity({ ...known, topicId: undefined }, found({ topicId: 6n }))).toBeUndefined()
  })

  test('the epoch that bronze read under must reach beyond the covered offset', () => {
    expect(compareIdentity(known, found({ epoch: 4, epochEnd: 100n }))).toBeUndefined()
    expect(compareIdentity(known, found({ epoch: 4, epochEnd: 99n }))).toBe('leaderEpoch')
    expect(compareIdentity(known, found({ epoch: 2, epochEnd: 99n }))).toBe('leaderEpoch')
  })

  test('an epoch that the log does not know yet was of another log; one that it kept no record of says nothing', () => {
    expect(compareIdentity(known, found({ epoch: 2 }))).toBe('leaderEpoch')
    expect(compareIdentity(known, found({ epoch: 4 }))).toBeUndefined()
    expect(compareIdentity({ ...known, epoch: undefined }, found({ epoch: 2 }))).toBeUndefined()
  })
})

describe('the last record', () => {
  test('stays known while commits cover nothing but markers', async () => {
    await using f = await BronzeFixture.open()
    const one = f.source.begin()
    one.append(
      'events',
      range(0, 10).map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    one.commit()
    await catchUp(f.lake, 'command')
    const lastRecord = (await f.progress()).get(0)?.lastRecord
    expect(lastRecord).toMatchObject({ offset: 9n })
    const two = f.source.begin()
    two.append('events', [{ ...eventRecord(11), partition: 0 }])
    two.abort()
    await catchUp(f.lake, 'command')
    expect((await f.progress()).get(0)).toMatchObject({ covered: 12n, coveredDigest: 0n, lastRecord })
  })
})
