import { describe, expect, test } from 'vitest'

import { ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { SourceError } from '../../../shared/sources/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, range, span } from './bronzeFixture.js'

describe('what lies in the gap of a delivery', () => {
  test('before a record whose bytes were not kept is read from the source too', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 12))
    await f.deliver(range(0, 3))
    await f.deliver([3], 0, [8])
    expect(eachOffsetOnce(await f.lineage(), [span(9)])).toEqual([])
    await f.deliver([], 0, [11])
    expect(eachOffsetOnce(await f.lineage(), [span(12)])).toEqual([])
  })

  test('is missing where retention took it, but not the delivered records in between', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    const records = await f.fetch([7, 8, 12, 15])
    f.source.deleteRecords('events', 0, 14n)
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect((await f.reported()).at(-1)?.missing).toEqual([
      { partition: 0, start: 5, end: 7 },
      { partition: 0, start: 9, end: 12 },
      { partition: 0, start: 13, end: 14 },
    ])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 15n, missing: 6n, holes: 0n })
    expect(eachOffsetOnce(await f.lineage(), [span(16, 0, { absent: [5, 6, 9, 10, 11, 13] })])).toEqual([])
  })

  test('is no hole where compaction took a record after it was delivered: that is a row', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 12))
    f.source.compactAway('events', 0, [1n])
    const records = await f.fetch([0, 4, 7, 11])
    f.source.compactAway('events', 0, [4n, 8n])
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(eachOffsetOnce(await f.lineage(), [span(12, 0, { absent: [1, 8] })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 11n, missing: 0n, holes: 2n })
  })

  test('is not covered where the source breaks off before its end', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(15, 20))
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (topic, asked, options) {
      const end = asked.start === 5n ? 9n : asked.end
      yield* read(topic, { ...asked, end }, options)
    }
    await expect(ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
    })
    expect((await f.progress()).get(0)?.covered).toBe(4n)
    f.source.read = read
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
  })

  test('is asked for once where the source says that it is out of range and the log begins before it', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(15, 20))
    const read = f.source.read.bind(f.source)
    let asks = 0
    f.source.read = (topic, asked, options) => {
      if (asked.start !== 5n) return read(topic, asked, options)
      if (++asks > 10) throw new Error('asked for ever')
      throw new SourceError('SOURCE_OUT_OF_RANGE', 'Offset 5 is out of range.', { data: { topic, partition: 0 } })
    }
    const report = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_OUT_OF_RANGE' } })
    expect(asks).toBe(1)
  })
})
