import { beforeEach, describe, expect, test } from 'vitest'

import { MemorySource } from '../../../shared/sources/memory/memorySource.js'
import { type OffsetRange } from '../../../shared/sources/source.js'

let source: MemorySource
const value = (text: string, partition = 0) => ({ key: null, value: Buffer.from(text), partition })

beforeEach(() => {
  source = new MemorySource({ batchSize: 2, now: () => 1_000 })
  source.createTopic('t', 2)
})

async function holesOf(range: OffsetRange): Promise<bigint> {
  let holes = 0n
  for await (const batch of source.read('t', range)) holes += batch.holes
  return holes
}

async function read(range: OffsetRange): Promise<{ values: string[]; positions: bigint[] }> {
  const values: string[] = []
  const positions: bigint[] = []
  for await (const batch of source.read('t', range)) {
    values.push(...batch.records.map(record => `${record.offset}:${Buffer.from(record.value ?? []).toString()}`))
    positions.push(batch.position)
  }
  return { values, positions }
}

describe('a broker in memory', () => {
  test('a range is covered whole, holes at its end too', async () => {
    source.append(
      't',
      ['a', 'b', 'c', 'd', 'e'].map(text => value(text)),
    )
    source.compactAway('t', 0, [1n, 3n, 4n])
    expect(await read({ partition: 0, start: 0n, end: 5n })).toEqual({
      values: ['0:a', '2:c'],
      positions: [2n, 4n, 5n],
    })
    expect(await read({ partition: 0, start: 3n, end: 5n })).toEqual({ values: [], positions: [5n] })
  })

  test('an open transaction holds the end back; an aborted one leaves a hole and a marker', async () => {
    const transaction = source.begin()
    source.append('t', [value('before')])
    transaction.append('t', [value('gone')])
    source.append('t', [value('after')])
    expect((await source.offsets('t'))[0]).toEqual({ partition: 0, start: 0n, end: 1n, highWatermark: 3n })
    await expect(read({ partition: 0, start: 0n, end: 2n })).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE' })
    transaction.abort()
    expect((await source.offsets('t'))[0]?.end).toBe(4n)
    expect((await read({ partition: 0, start: 0n, end: 4n })).values).toEqual(['0:before', '2:after'])
    expect(await holesOf({ partition: 0, start: 0n, end: 4n })).toBe(2n)
  })

  test('retention that overtakes a reader is out of range', async () => {
    source.append(
      't',
      ['a', 'b', 'c', 'd'].map(text => value(text)),
    )
    const batches = source.read('t', { partition: 0, start: 0n, end: 4n })[Symbol.asyncIterator]()
    await batches.next()
    source.deleteRecords('t', 0, 3n)
    await expect(batches.next()).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE' })
    expect((await source.offsets('t'))[0]).toEqual({ partition: 0, start: 3n, end: 4n, highWatermark: 4n })
  })

  test('a topic recreated begins at 0 and keeps nothing', async () => {
    source.append('t', [value('old'), value('old')])
    source.recreateTopic('t')
    source.append('t', [value('new')])
    expect((await read({ partition: 0, start: 0n, end: 1n })).values).toEqual(['0:new'])
    source.deleteTopic('t')
    await expect(source.offsets('t')).rejects.toMatchObject({ code: 'SOURCE_TOPIC_MISSING' })
  })

  test('a leader that is away fails as often as it was asked to, and may be retried', async () => {
    source.append('t', [value('a')])
    source.failLeader('t', 0, 2)
    for (let n = 0; n < 2; n++) {
      await expect(read({ partition: 0, start: 0n, end: 1n })).rejects.toMatchObject({
        code: 'SOURCE_UNREACHABLE',
        retryable: true,
      })
    }
    expect((await read({ partition: 0, start: 0n, end: 1n })).values).toEqual(['0:a'])
  })

  test('one key always goes to one partition, and time finds offsets', async () => {
    await source.produce(
      't',
      Array.from({ length: 10 }, (_, n) => ({
        key: Buffer.from('k'),
        value: Buffer.from(String(n)),
        timestamp: n * 100,
      })),
    )
    const ends = (await source.offsets('t')).map(({ end }) => end).toSorted()
    expect(ends).toEqual([0n, 10n])
    const partition = (await source.offsets('t')).findIndex(({ end }) => end === 10n)
    expect(await source.offsetAt('t', partition, 450)).toBe(5n)
    expect(await source.offsetAt('t', partition, 5_000)).toBe(10n)
  })
})

describe('the identity of a topic in memory', () => {
  const identify = async (epoch?: number) => (await source.identify('t', new Map([[0, epoch]]))).get(0)

  test('is another one after the topic was deleted and created again', async () => {
    const before = await identify()
    expect(await identify()).toEqual(before)
    source.recreateTopic('t')
    const after = await identify()
    expect(before).toMatchObject({ kind: 'known', epoch: 0 })
    expect(after).toMatchObject({ kind: 'known', epoch: 0 })
    expect(after?.kind === 'known' && before?.kind === 'known' && after.topicId !== before.topicId).toBe(true)
  })

  test('shows where an epoch ends, and nothing of an epoch that the log never had', async () => {
    source.append('t', [value('a'), value('b')])
    source.elect('t', 0)
    source.append('t', [value('c')])
    expect(await identify(0)).toMatchObject({ epoch: 1, epochEnd: 2n })
    source.truncate('t', 0, 1n)
    expect(await identify(1)).toMatchObject({ epoch: 2, epochEnd: 1n })
    expect(await identify(3)).toMatchObject({ epoch: 2, epochEnd: undefined })
  })

  test('is as it was after a log is put back to an older state', async () => {
    source.append('t', [value('a')])
    const before = await identify()
    const restore = source.backup('t')
    source.elect('t', 0)
    source.append('t', [value('b')])
    restore()
    expect(await identify()).toEqual(before)
    expect((await source.offsets('t'))[0]?.end).toBe(1n)
  })

  test('fails for a partition without a leader alone', async () => {
    source.failLeader('t', 1)
    const found = await source.identify(
      't',
      new Map([
        [0, undefined],
        [1, undefined],
      ]),
    )
    expect(found.get(0)?.kind).toBe('known')
    expect(found.get(1)).toMatchObject({ kind: 'failed', error: { code: 'SOURCE_UNREACHABLE', retryable: true } })
  })

  test('can be withheld, as by an older broker', async () => {
    source = new MemorySource({ topicIds: false, leaderEpochs: false })
    source.createTopic('t', 1)
    expect(await identify()).toEqual({ kind: 'known', topicId: undefined, epoch: undefined, epochEnd: undefined })
  })
})
