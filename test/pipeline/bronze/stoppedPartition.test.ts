import { describe, expect, test } from 'vitest'

import { bronzePath } from '../../../shared/contract/index.js'
import type { Action } from '../../../shared/delta/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { MemorySource, type MemorySourceOptions } from '../../../shared/sources/memory/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, isCommit, range, span } from './bronzeFixture.js'

const topic = 'events'

async function openFixture(options: MemorySourceOptions, partitions = 1): Promise<BronzeFixture> {
  const source = new MemorySource(options)
  source.createTopic(topic, partitions)
  return BronzeFixture.open({ source })
}

describe('a stop', () => {
  test('of a later version is a stop too', async () => {
    await using f = await openFixture({})
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    const state = await f.lake.table(bronzePath(f.stream)).state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    const appId = `lake/${state.metadata.id}/${topic}/0/0/stop`
    await f.lake.table(bronzePath(f.stream)).commit({
      readVersion: state.version,
      actions: [{ txn: { appId, version: 99n } }],
      operation: 'STREAMING UPDATE',
      isBlindAppend: true,
      reads: { files: 'none', appIds: () => false },
    })
    expect(await f.deliver(range(5, 10))).toMatchObject({
      outcome: 'failed',
      rowsOut: 0,
      error: { code: 'TOPIC_RECREATED' },
    })
  })

  test('of one partition is named, the healthy ones of every delivery are committed, and the trigger gets a normal answer', async () => {
    await using f = await openFixture({}, 3)
    for (const p of [0, 1, 2]) f.append(range(0, 50), p)
    for (const p of [0, 1, 2]) await f.deliver(range(0, 10), p)
    f.source.truncate(topic, 1, 4n)
    f.append(range(100, 150), 1)
    for (const from of [10, 20, 30]) {
      const records = (await Promise.all([0, 1, 2].map(p => f.fetch(range(from, from + 10), p)))).flat()
      const report = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
      expect(report).toMatchObject({ outcome: 'failed', rowsIn: 30, rowsOut: 20, error: { code: 'TOPIC_RECREATED' } })
      expect(report.error?.message).toContain('partition 1,')
    }
    expect(eachOffsetOnce(await f.lineage(), [span(40), span(10, 1), span(40, 2)])).toEqual([])
  })

  test('of several partitions names each of them', async () => {
    await using f = await openFixture({}, 3)
    for (const p of [0, 1, 2]) f.append(range(0, 10), p)
    await catchUp(f.lake, 'command')
    for (const p of [0, 2]) f.source.truncate(topic, p, 4n)
    const [report] = await catchUp(f.lake, 'command')
    expect(report?.error?.message).toContain('partition 0,')
    expect(report?.error?.message).toContain('partition 2,')
    expect(report?.error?.message).not.toContain('partition 1,')
  })

  test('that another writer records while a catch-up commits holds it back', async () => {
    const faults = new Faults()
    const source = new MemorySource()
    source.createTopic(topic, 1)
    await using f = await BronzeFixture.open({ source, store: new FaultyStore(new MemoryStore(), faults) })
    await using other = await f.another()
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    const restore = source.backup(topic)
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          source.truncate(topic, 0, 2n)
          await catchUp(other.lake, 'timer')
          restore()
        },
      },
    })
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({
      outcome: 'failed',
      error: { code: 'TOPIC_RECREATED' },
    })
    expect(eachOffsetOnce(await f.lineage(), [span(5)])).toEqual([])
  })

  test('that another writer records while a catch-up reads holds it back too', async () => {
    await using f = await openFixture({})
    await using other = await f.another()
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    const restore = f.source.backup(topic)
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (name, asked, more) {
      yield* read(name, asked, more)
      if (asked.start !== 5n) return
      f.source.read = read
      f.source.truncate(topic, 0, 2n)
      await catchUp(other.lake, 'timer')
      restore()
    }
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({
      outcome: 'failed',
      rowsOut: 0,
      error: { code: 'TOPIC_RECREATED' },
    })
    expect(eachOffsetOnce(await f.lineage(), [span(5)])).toEqual([])
  })

  test('is not made of one look: a leader that was just elected may be behind for a moment', async () => {
    await using f = await openFixture({ topicIds: false })
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(5, 10))
    const offsets = f.source.offsets.bind(f.source)
    const read = f.source.read.bind(f.source)
    let looks = 0
    f.source.read = (name, asked, more) => {
      if (looks++ > 0) return read(name, asked, more)
      f.source.offsets = async name2 => {
        f.source.offsets = offsets
        return (await offsets(name2)).map(log => ({ ...log, end: 3n }))
      }
      return read(name, { ...asked, end: 99n }, more)
    }
    expect(await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')).toMatchObject({
      outcome: 'committed',
      rowsOut: 5,
    })
    expect(looks).toBe(2)
    expect((await f.progress()).get(0)?.stop).toBeUndefined()
  })
})

describe('a partition that was never ingested', () => {
  test('and is of a recreated topic by the time it was read begins with the topic as it is then', async () => {
    await using f = await openFixture({})
    f.append(range(0, 10))
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (...args) {
      f.source.read = read
      yield* read(...args)
      f.source.recreateTopic(topic)
      f.append(range(100, 112))
    }
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({
      outcome: 'failed',
      rowsOut: 0,
      error: { code: 'TOPIC_RECREATED', retryable: true },
    })
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({ outcome: 'committed', rowsOut: 12 })
    expect(eachOffsetOnce(await f.lineage(), [span(12)])).toEqual([])
  })

  test('from the latest offset is known by its id from the start', async () => {
    await using f = await openFixture({})
    const stream = { ...f.stream, startFrom: 'latest' as const }
    await using latest = await f.another({ stream })
    f.append(range(0, 10))
    await catchUp(latest.lake, 'timer')
    const pinned = await latest.lake.table(bronzePath(stream)).commits(1, 1).next()
    const appIds = (pinned.value?.actions ?? []).flatMap((action: Action) =>
      'txn' in action ? [action.txn.appId] : [],
    )
    expect(appIds).toContainEqual(expect.stringMatching(/\/0\/0\/topicIdHigh$/))
    f.source.recreateTopic(topic)
    f.append(range(100, 120))
    expect((await catchUp(latest.lake, 'timer'))[0]).toMatchObject({
      outcome: 'failed',
      error: { code: 'TOPIC_RECREATED' },
    })
  })
})

describe('a delivery that waited since before the topic was recreated', () => {
  const reset = async (options: MemorySourceOptions) => {
    const f = await openFixture(options)
    f.append(range(0, 30))
    await f.deliver(range(0, 10))
    const old = await f.fetch(range(10, 30))
    f.source.recreateTopic(topic)
    f.append(range(100, 104))
    await catchUp(f.lake, 'command')
    await resetOffsets(f.lake, f.stream)
    return { f, old }
  }

  test.each([{}, { topicIds: false }, { topicIds: false, leaderEpochs: false }])(
    'is not taken for the new one after a reset (%o)',
    async options => {
      const { f, old } = await reset(options)
      // Beyond the new log's end, and then within it.
      await ingestBatch(f.lake, f.stream, { records: old, reread: [] }, 'kafka')
      f.append(range(104, 125))
      await ingestBatch(f.lake, f.stream, { records: old.slice(0, 5), reread: [] }, 'kafka')
      await f.deliver(range(15, 25))
      expect(eachOffsetOnce(await f.lineage(), [span(10), span(25, 0, { generation: 1 })])).toEqual([])
      const ids = (await f.rows())
        .filter(row => row['_generation'] === 1)
        .map(row => [Number(row['_offset']), row['event_id']])
      expect(new Map(ids as [number, string][])).toEqual(new Map(range(0, 25).map(n => [n, String(100 + n)])))
    },
  )

  test('does not make the deliveries after it doubtful for ever', async () => {
    const { f } = await reset({})
    await f.deliver(range(0, 4))
    f.append(range(104, 108))
    const read = f.source.read.bind(f.source)
    const asked: bigint[] = []
    f.source.read = (name, one, more) => {
      asked.push(one.start)
      return read(name, one, more)
    }
    await f.deliver(range(4, 8))
    expect(asked.filter(start => start >= 4n)).toEqual([])
    expect(eachOffsetOnce(await f.lineage(), [span(10), span(8, 0, { generation: 1 })])).toEqual([])
  })
})
