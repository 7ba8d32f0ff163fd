import { describe, expect, test } from 'vitest'

import { assignPartitions } from '../../../infra/local/host/subscriptionAssigner.js'

const partitions: Readonly<Record<string, readonly number[]>> = {
  orders: [0, 1, 2, 3],
  events: [3, 1, 0, 2],
  clicks: [0],
}
const plain = (members: Parameters<typeof assignPartitions>[0]) =>
  Object.fromEntries(
    [...assignPartitions(members, topic => partitions[topic] ?? [])].map(([member, topics]) => [
      member,
      Object.fromEntries(topics),
    ]),
  )

describe('partitions of a group', () => {
  test('no member gets a partition of a topic that it did not subscribe to, and none is left over', () => {
    expect(
      plain([
        { memberId: 'b', topics: ['events'] },
        { memberId: 'a', topics: ['orders'] },
      ]),
    ).toEqual({
      a: { orders: [0, 1, 2, 3] },
      b: { events: [0, 1, 2, 3] },
    })
  })

  test('members of one topic share it, and one more than there are partitions gets none', () => {
    expect(plain(['c', 'a', 'b'].map(memberId => ({ memberId, topics: ['events'] })))).toEqual({
      a: { events: [0, 3] },
      b: { events: [1] },
      c: { events: [2] },
    })
    expect(
      plain([
        { memberId: 'a', topics: ['clicks'] },
        { memberId: 'b', topics: ['clicks'] },
      ]),
    ).toEqual({ a: { clicks: [0] }, b: {} })
  })

  test('overlapping subscriptions: each partition once', () => {
    const assigned = plain([
      { memberId: 'a', topics: ['orders', 'events'] },
      { memberId: 'b', topics: ['events'] },
      { memberId: 'c', topics: ['clicks', 'orders'] },
    ])
    for (const [topic, all] of Object.entries(partitions)) {
      expect(
        Object.values(assigned)
          .flatMap(topics => topics[topic] ?? [])
          .sort(),
      ).toEqual(all.toSorted())
    }
  })
})
