import { describe, expect, test } from 'vitest'

import { sharedTopics, streamSet } from '../../shared/contract/streamSet.js'
import { eachOffsetOnce } from '../harness/invariants.js'
import { events } from '../harness/sampleStream/events.js'
import { BronzeFixture, range, span } from '../pipeline/bronze/bronzeFixture.js'

describe('the streams of a lake', () => {
  test("of two with one name neither may write into the other's tables", async () => {
    const other = { ...events, topic: 'others' }
    expect(() => streamSet([events, other])).toThrow(
      /Two streams have the name events \(of the topics events and others\).*another name/,
    )
    await expect(BronzeFixture.open({ streams: [events, other] })).rejects.toMatchObject({ code: 'BAD_STREAM' })
    expect(streamSet([events, { ...events, name: 'copies' }])).toHaveLength(2)
  })

  test('of two on one topic each has every record once', async () => {
    const copies = { ...events, name: 'copies' }
    expect([...sharedTopics([events, copies, { ...events, name: 'apart', topic: 'apart' }])]).toEqual([
      ['events', ['events', 'copies']],
    ])
    await using f = await BronzeFixture.open()
    const second = await f.another({ stream: copies })
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    await second.deliver(range(0, 4))
    await second.deliver(range(2, 10))
    for (const of of [f, second]) expect(eachOffsetOnce(await of.lineage(), [span(10)])).toEqual([])
  })
})
