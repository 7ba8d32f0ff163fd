import { describe, expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { type StopReason, stopReasons } from '../../../shared/pipeline/bronze/stopReason.js'
import { MemorySource, type MemorySourceOptions } from '../../../shared/sources/memory/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, eventRecord, isCommit, range, span } from './bronzeFixture.js'

const topic = 'events'

/** What the broker tells of a topic besides its records. */
const brokers: readonly (readonly [string, MemorySourceOptions])[] = [
  ['with topic ids', {}],
  ['without topic ids', { topicIds: false }],
  ['without topic ids and leader epochs', { topicIds: false, leaderEpochs: false }],
]

async function openFixture(options: MemorySourceOptions, partitions = 1): Promise<BronzeFixture> {
  const source = new MemorySource(options)
  source.createTopic(topic, partitions)
  return BronzeFixture.open({ source })
}

function transaction(f: BronzeFixture, numbers: readonly number[]): void {
  const one = f.source.begin()
  one.append(
    topic,
    numbers.map(n => ({ ...eventRecord(n), partition: 0 })),
  )
  one.commit()
}

/** Each ingests ten or so records and then changes the topic, so that offsets up to 20 look as if they went on. */
const hazards: Readonly<Record<string, (f: BronzeFixture) => Promise<void>>> = {
  'a transactional topic, whose covered offset was a marker and is one again': async f => {
    transaction(f, range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    transaction(f, range(100, 110))
    transaction(f, range(110, 119))
  },
  'a topic in which the record at the covered offset was compacted away': async f => {
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    f.append(range(100, 120))
    f.source.compactAway(topic, 0, [5n, 6n, 7n, 8n, 9n])
  },
  'a topic in which nearly everything was compacted away': async f => {
    f.append(range(0, 4_000))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    f.append(range(10_000, 14_020))
    f.source.compactAway(topic, 0, [...range(0, 17), ...range(18, 4_000)].map(BigInt))
  },
  'a topic that was filled again beyond the covered offset': async f => {
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    f.source.recreateTopic(topic)
    f.append(range(100, 130))
  },
  'a topic that ends at exactly the covered offset': async f => {
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    f.append(range(0, 9))
  },
  'a topic that is still empty': async f => {
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
  },
  'a log that was put back to an older state and has grown since, in the same epoch': async f => {
    f.append(range(0, 6))
    const restore = f.source.backup(topic)
    f.append(range(6, 10))
    await f.deliver(range(0, 10))
    restore()
    f.append(range(100, 115))
  },
  'a log that was put back to an older state, and a leader elected': async f => {
    f.append(range(0, 6))
    const restore = f.source.backup(topic)
    f.source.elect(topic, 0)
    f.append(range(6, 10))
    await f.deliver(range(0, 10))
    restore()
    f.source.elect(topic, 0)
    f.append(range(100, 115))
  },
  'a log that was put back to an older state, with a record where none was': async f => {
    f.append(range(0, 9))
    const restore = f.source.backup(topic)
    f.append([9])
    f.source.compactAway(topic, 0, [9n])
    await catchUp(f.lake, 'command')
    restore()
    f.append(range(100, 111))
  },
  'a log that lost its newest records in an unclean election': async f => {
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    f.source.truncate(topic, 0, 8n)
    f.append(range(100, 110))
  },
}

async function endOf(f: BronzeFixture): Promise<number> {
  return Number((await f.source.offsets(topic))[0]?.end)
}

describe.each(brokers)('%s', (_name, options) => {
  describe.each(Object.keys(hazards))('%s', hazard => {
    const open = async () => {
      const f = await openFixture(options)
      await hazards[hazard]?.(f)
      return { f, before: await f.lineage() }
    }

    test('is stopped by a catch-up, and by the trigger after it', async () => {
      const { f, before } = await open()
      const [report] = await catchUp(f.lake, 'command')
      expect(report).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED', retryable: false } })
      expect((await f.progress()).get(0)?.stop).toBeDefined()
      await using other = await f.another()
      const end = await endOf(f)
      expect(await other.deliver(range(0, end))).toMatchObject({ outcome: end === 0 ? 'nothingToDo' : 'failed' })
      expect(await f.lineage()).toEqual(before)
    })

    test('is stopped by the trigger, and by a catch-up after it', async () => {
      const { f, before } = await open()
      const end = await endOf(f)
      if (end === 0) return
      await using other = await f.another()
      for (const instance of [f, other]) {
        const report = await instance.deliver(range(Math.max(0, end - 9), end))
        expect(report).toMatchObject({ outcome: 'failed', rowsOut: 0, error: { code: 'TOPIC_RECREATED' } })
      }
      expect((await f.progress()).get(0)?.stop).toBeDefined()
      expect((await catchUp(other.lake, 'timer'))[0]).toMatchObject({
        outcome: 'failed',
        error: { code: 'TOPIC_RECREATED' },
      })
      expect(await f.lineage()).toEqual(before)
    })

    test('goes on in another generation after a reset', async () => {
      const { f, before } = await open()
      await catchUp(f.lake, 'command')
      const { plan } = await resetOffsets(f.lake, f.stream)
      expect(plan.resets[0]?.stopped).toContain('partition 0')
      expect((await catchUp(f.lake, 'command'))[0]?.error).toBeUndefined()
      const end = await endOf(f)
      const held = (await f.fetch(range(0, end))).length
      expect((await f.lineage()).filter(row => row.generation === 1)).toHaveLength(held)
      expect((await f.lineage()).filter(row => row.generation === 0)).toHaveLength(before.length)
      expect((await f.progress()).get(0)).toMatchObject({ generation: 1, covered: BigInt(end) - 1n, stop: undefined })
    })
  })

  test('a topic that stays what it is goes on: compacted, transactional, passed by retention, under new leaders', async () => {
    await using f = await openFixture(options)
    transaction(f, range(0, 10))
    await f.deliver(range(0, 10))
    f.source.elect(topic, 0)
    await catchUp(f.lake, 'command')
    f.source.compactAway(topic, 0, [9n])
    transaction(f, range(11, 15))
    await f.deliver(range(11, 15))
    await catchUp(f.lake, 'command')
    f.source.compactAway(topic, 0, range(0, 14).map(BigInt))
    f.append(range(16, 20))
    await f.deliver(range(16, 20))
    f.source.elect(topic, 0)
    f.source.deleteRecords(topic, 0, 20n)
    f.append(range(20, 24))
    await f.deliver(range(20, 24))
    await using other = await f.another()
    expect((await catchUp(other.lake, 'command'))[0]).toMatchObject({ outcome: 'nothingToDo' })
    expect(eachOffsetOnce(await f.lineage(), [span(24, 0, { absent: [10, 15] })])).toEqual([])
    expect((await f.progress()).get(0)?.stop).toBeUndefined()
  })

  test('rows of an older generation say nothing of the topic as it is after a reset', async () => {
    await using f = await openFixture(options)
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    f.append(range(100, 110))
    await catchUp(f.lake, 'command')
    await resetOffsets(f.lake, f.stream)
    await catchUp(f.lake, 'command')
    f.source.compactAway(topic, 0, [9n])
    f.append(range(110, 115))
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({ outcome: 'committed', rowsOut: 5 })
  })

  test('a topic recreated again after a reset, before anything of it was ingested, is not taken for the one of the reset', async () => {
    await using f = await openFixture(options)
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.source.recreateTopic(topic)
    f.append(range(100, 110))
    await resetOffsets(f.lake, f.stream)
    f.source.recreateTopic(topic)
    f.append(range(200, 210))
    const [report] = await catchUp(f.lake, 'command')
    // Without an id nobody can tell, and nothing of the other one was ingested.
    expect(report).toMatchObject(
      options.topicIds === false ? { rowsOut: 10 } : { outcome: 'failed', error: { code: 'TOPIC_RECREATED' } },
    )
  })

  test('a lake of version 0.1.0 goes on, and is known from its first check', async () => {
    await using f = await openFixture(options)
    transaction(f, range(0, 10))
    await catchUp(f.lake, 'command')
    await forgetIdentities(f.store)
    await using next = await f.another()
    expect((await next.progress()).get(0)).toMatchObject({
      topicId: undefined,
      epoch: undefined,
      lastRecord: undefined,
      covered: 10n,
    })
    expect((await catchUp(next.lake, 'timer'))[0]?.error).toBeUndefined()
    if (options.topicIds !== false) expect((await next.progress()).get(0)?.topicId).toBeDefined()
    f.source.recreateTopic(topic)
    transaction(f, range(100, 110))
    f.append(range(110, 115))
    expect(await next.deliver(range(11, 16))).toMatchObject({
      outcome: 'failed',
      rowsOut: 0,
      error: { code: 'TOPIC_RECREATED' },
    })
  })

  test('a topic recreated before a lake of version 0.1.0 was ever checked is noticed by its rows', async () => {
    await using f = await openFixture(options)
    transaction(f, range(0, 10))
    await catchUp(f.lake, 'command')
    await forgetIdentities(f.store)
    f.source.recreateTopic(topic)
    transaction(f, range(100, 110))
    transaction(f, range(110, 119))
    await using next = await f.another()
    expect(await next.deliver(range(11, 20))).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    expect((await next.progress()).get(0)?.stop).toBe(stopReasons.otherRecord)
  })

  test('a catch-up that is at work when the topic is recreated commits nothing of the new one', async () => {
    await using f = await openFixture(options)
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    const read = f.source.read.bind(f.source)
    f.source.read = (name, asked, more) => {
      if (asked.start === 5n) {
        f.source.read = read
        f.source.recreateTopic(topic)
        f.append(range(100, 120))
      }
      return read(name, asked, more)
    }
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({
      outcome: 'failed',
      rowsOut: 0,
      error: { code: 'TOPIC_RECREATED' },
    })
    expect(eachOffsetOnce(await f.lineage(), [span(5)])).toEqual([])
    expect((await f.progress()).get(0)?.stop).toBeDefined()
  })
})

describe('a stop', () => {
  test('is recognised by its reason', async () => {
    const found: Record<string, number | undefined> = {}
    const reasons: Record<string, StopReason> = {
      'a topic that is still empty': 'topicId',
      'a log that lost its newest records in an unclean election': 'leaderEpoch',
    }
    for (const hazard of Object.keys(reasons)) {
      await using f = await openFixture({})
      await hazards[hazard]?.(f)
      await catchUp(f.lake, 'command')
      found[hazard] = (await f.progress()).get(0)?.stop
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(reasons).map(([hazard, reason]) => [hazard, stopReasons[reason]])),
    )
  })
})

/** Makes the table what version 0.1.0 would have written. */
async function forgetIdentities(store: ObjectStore): Promise<void> {
  const newFacts = /"appId":"[^"]*\/(?:topicIdHigh|topicIdLow|epoch|witness|witnessDigest|stop)"/
  for await (const { path } of store.list('')) {
    if (!isCommit(path)) continue
    const bytes = await store.get(path)
    const lines = Buffer.from(bytes ?? [])
      .toString()
      .split('\n')
    await store.put(path, Buffer.from(lines.filter(line => !newFacts.test(line)).join('\n')))
  }
}
