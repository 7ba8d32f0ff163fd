import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../../shared/contract/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { journalFolder } from '../../../shared/pipeline/lake/index.js'
import { SourceError } from '../../../shared/sources/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, day0, eventRecord, range, span } from './bronzeFixture.js'

describe('a delivery', () => {
  test('is in the table once, with its progress, in one commit', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    expect(await f.deliver(range(0, 10))).toMatchObject({ outcome: 'committed', rowsIn: 10, rowsOut: 10 })
    expect(await f.version()).toBe(1)
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 9n, start: 0n, generation: 0, missing: 0n, holes: 0n })
  })

  test('is let pass by long work in the same process until it is committed, and no longer', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    const between = f.lake.deliveries.lettingPass(f.clock)
    const waited = async () => {
      f.clock.advance(1_000)
      const before = f.clock.monotonic()
      await between()
      return f.clock.monotonic() > before
    }
    const records = await f.fetch(range(0, 10), 0)
    const delivered = ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(await waited()).toBe(true)
    await delivered
    expect(await waited()).toBe(false)
  })

  test('that is committed whole has the end of its run in its last commit, and needs no journal', async () => {
    await using f = await BronzeFixture.open({ settings: { BRONZE_MAX_COMMIT_ROWS: '4' } })
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    expect(await f.version()).toBe(3)
    await f.lake.journal.flush()
    const journal: string[] = []
    for await (const { path } of f.store.list(journalFolder)) journal.push(path)
    expect(journal).toEqual([])
  })

  test('redelivered with other boundaries adds only what is new', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 8))
    expect(await f.deliver(range(3, 12))).toMatchObject({ rowsOut: 4, detail: { redelivered: 5 } })
    expect(await f.deliver(range(0, 12))).toMatchObject({
      outcome: 'nothingToDo',
      rowsOut: 0,
      detail: { redelivered: 12 },
    })
    expect(await f.deliver(range(11, 20))).toMatchObject({ rowsOut: 8 })
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
  })

  test('that leaves out offsets since the covered one is filled up from the source', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 30))
    await f.deliver(range(0, 5))
    await f.deliver(range(17, 20))
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
    const last = (await f.reported()).at(-1)
    expect(last?.ranges).toMatchObject([
      { from: 5, position: 20, received: 15, repaired: 12, valid: 15, missing: 0, holes: 0 },
    ])
  })

  test('with gaps inside it is filled up from the source', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 12))
    await f.deliver([0, 1, 4, 5, 9, 11])
    expect(eachOffsetOnce(await f.lineage(), [span(12)])).toEqual([])
  })

  test('of a partition never ingested begins at the log start, not at its own first offset', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(6, 10))
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
  })

  test('is kept although retention deletes it in the source before it is looked at', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    const records = await f.fetch(range(2, 10))
    f.source.deleteRecords('events', 0, 6n)
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(eachOffsetOnce(await f.lineage(), [span(10, 0, { start: 2 })])).toEqual([])
  })

  test('of several partitions goes into one commit', async () => {
    await using f = await BronzeFixture.open({ partitions: 3 })
    for (const p of [0, 1, 2]) f.append(range(p * 100, p * 100 + 5 + p), p)
    const records = (await Promise.all([0, 1, 2].map(p => f.fetch(range(0, 5 + p), p)))).flat()
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(await f.version()).toBe(1)
    expect(eachOffsetOnce(await f.lineage(), [span(5), span(6, 1), span(7, 2)])).toEqual([])
  })
})

describe('offsets without a record', () => {
  test('deleted by retention before they were read are recorded as missing, never passed in silence', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    f.source.deleteRecords('events', 0, 12n)
    expect(await f.deliver(range(15, 20))).toMatchObject({ detail: { missing: 7 } })
    expect(eachOffsetOnce(await f.lineage(), [span(20, 0, { absent: range(5, 12) })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 19n, missing: 7n, holes: 0n })
    expect((await f.reported()).at(-1)).toMatchObject({
      missing: [{ partition: 0, start: 5, end: 12 }],
      ranges: [{ missing: 7, holes: 0 }],
    })
  })

  test('deleted while the gap is being read are missing from there on only', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(15, 20))
    const offsets = f.source.offsets.bind(f.source)
    f.source.offsets = async topic => {
      const logs = await offsets(topic)
      f.source.deleteRecords('events', 0, 9n)
      f.source.offsets = offsets
      return logs
    }
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(eachOffsetOnce(await f.lineage(), [span(20, 0, { absent: range(5, 9) })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ missing: 4n, holes: 0n })
  })

  test('compacted away are natural holes, not missing', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 12))
    f.source.compactAway('events', 0, [2n, 3n, 7n])
    await f.deliver([0, 1, 4, 5, 6, 8, 9, 10, 11])
    expect(eachOffsetOnce(await f.lineage(), [span(12, 0, { absent: [2, 3, 7] })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 11n, missing: 0n, holes: 3n })
  })

  test('taken by aborted records and transaction markers are natural holes', async () => {
    await using f = await BronzeFixture.open()
    const one = f.source.begin()
    one.append(
      'events',
      [0, 1].map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    one.commit() // marker at 2
    const two = f.source.begin()
    two.append(
      'events',
      [3, 4].map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    two.abort() // marker at 5
    f.append([6, 7])
    await f.deliver([0, 1, 6, 7])
    expect(eachOffsetOnce(await f.lineage(), [span(8, 0, { absent: [2, 3, 4, 5] })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 7n, missing: 0n, holes: 4n })
  })
})

describe('a partition that the source cannot give', () => {
  test('lets the others commit before the delivery is asked for again', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 20))
    f.append(range(0, 20), 1)
    await f.deliver(range(0, 5))
    await f.deliver(range(0, 5), 1)
    const records = [...(await f.fetch(range(10, 15))), ...(await f.fetch(range(5, 10), 1))]
    f.source.failLeader('events', 0)
    const failed = ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    await expect(failed).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true, data: { partition: 0 } })
    expect(eachOffsetOnce(await f.lineage(), [span(5), span(10, 1)])).toEqual([])
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(eachOffsetOnce(await f.lineage(), [span(15), span(10, 1)])).toEqual([])
  })

  test('for good is named, and the others do not wait for it for ever', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 20))
    f.append(range(0, 20), 1)
    await f.deliver(range(0, 5))
    const records = [...(await f.fetch(range(10, 15))), ...(await f.fetch(range(0, 10), 1))]
    const read = f.source.read.bind(f.source)
    f.source.read = (topic, asked, options) => {
      if (asked.partition === 0 && asked.end > 5n)
        throw new SourceError('SOURCE_CORRUPT', 'The batch at events/0 is corrupt.', { data: { topic, partition: 0 } })
      return read(topic, asked, options)
    }
    const report = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(report).toMatchObject({
      outcome: 'failed',
      rowsOut: 10,
      error: { code: 'SOURCE_CORRUPT', retryable: false },
    })
    expect(eachOffsetOnce(await f.lineage(), [span(5), span(10, 1)])).toEqual([])
    f.source.read = read
    await catchUp(f.lake, 'timer')
    expect(eachOffsetOnce(await f.lineage(), [span(20), span(20, 1)])).toEqual([])
  })
})

describe('what a delivery is made of', () => {
  const record = (value: string | null) => ({
    key: null,
    value: value === null ? null : Buffer.from(value),
    timestamp: day0,
    partition: 0,
  })

  test('nothing but bad records advances the offsets and is kept with its reasons', async () => {
    await using f = await BronzeFixture.open()
    f.source.append('events', ['not json', '[]', '{"event_id":"1"}'].map(record))
    await f.deliver([0, 1, 2])
    expect((await f.progress()).get(0)?.covered).toBe(2n)
    const rows = await f.rows()
    expect(rows.map(row => row['_error_code'])).toEqual(['NOT_JSON', 'NOT_AN_OBJECT', 'FIELD_MISSING'])
    expect(rows.every(row => row['event_id'] === null)).toBe(true)
    expect((await f.reported()).at(-1)).toMatchObject({
      ranges: [{ received: 3, valid: 0, quarantined: 3 }],
      rejections: { NOT_JSON: 1, NOT_UTF8: 0 },
    })
  })

  test('a tombstone is a row without an error, an empty value is one with', async () => {
    await using f = await BronzeFixture.open()
    f.source.append('events', [record(null), record('')])
    await f.deliver([0, 1])
    const rows = [...(await f.rows())].sort((a, b) => Number((a['_offset'] as bigint) - (b['_offset'] as bigint)))
    expect(rows.map(row => [row['_value'] === null, row['_error_code'] === null])).toEqual([
      [true, true],
      [false, false],
    ])
    expect((await f.reported()).at(-1)).toMatchObject({
      ranges: [{ received: 2, tombstones: 1, quarantined: 1, valid: 0 }],
    })
  })

  test('records whose bytes the trigger did not keep are read again', async () => {
    await using f = await BronzeFixture.open()
    const odd = Buffer.from([0x7b, 0xff, 0x7d])
    f.source.append(
      'events',
      [eventRecord(0), { ...record(''), value: odd }, eventRecord(2), record('')].map(r => ({ ...r, partition: 0 })),
    )
    await f.deliver([0, 2], 0, [1, 3])
    expect(eachOffsetOnce(await f.lineage(), [span(4)])).toEqual([])
    const row = (await f.rows()).find(r => r['_offset'] === 1n)
    expect(Buffer.from(row?.['_value'] as Uint8Array)).toEqual(odd)
    expect((await f.reported()).at(-1)?.ranges).toMatchObject([
      { received: 4, redelivered: 0, valid: 2, quarantined: 2 },
    ])
  })

  test('what every commit says of its records adds up', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 30))
    f.append(range(0, 30), 1)
    f.source.compactAway('events', 0, [7n, 8n])
    await f.deliver(range(0, 6))
    await f.deliver([4, 5, 6, 10, 11])
    f.source.deleteRecords('events', 1, 4n)
    await f.deliver(range(9, 20), 1)
    for (const { ranges } of await f.reported()) {
      for (const r of ranges as Record<string, number>[]) {
        expect(r['received']).toBe(
          (r['redelivered'] ?? 0) + (r['valid'] ?? 0) + (r['quarantined'] ?? 0) + (r['tombstones'] ?? 0),
        )
        const rows = (r['valid'] ?? 0) + (r['quarantined'] ?? 0) + (r['tombstones'] ?? 0)
        expect((r['position'] ?? 0) - (r['from'] ?? 0)).toBe(rows + (r['missing'] ?? 0) + (r['holes'] ?? 0))
      }
    }
  })
})

describe('a topic that is not the one ingested', () => {
  test('whose end lies at the covered offset or below is stopped, after the healthy partitions are committed', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 10))
    f.append(range(0, 10), 1)
    await f.deliver(range(0, 10))
    await f.deliver(range(0, 5), 1)
    const healthy = await f.fetch(range(5, 10), 1)
    f.source.truncate('events', 0, 0n)
    f.append(range(0, 4))
    const delivery = { records: [...(await f.fetch(range(0, 4))), ...healthy], reread: [] }
    expect(await ingestBatch(f.lake, f.stream, delivery, 'kafka')).toMatchObject({
      outcome: 'failed',
      rowsOut: 5,
      error: { code: 'TOPIC_RECREATED', retryable: false },
    })
    expect(eachOffsetOnce(await f.lineage(), [span(10), span(10, 1)])).toEqual([])
  })

  test('that has grown beyond the covered offset is known by the record that stands there', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    f.source.recreateTopic('events')
    f.append(range(500, 530))
    expect(await f.deliver(range(0, 20))).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    await using other = await f.another()
    // A process that has seen nothing yet, and a delivery that fits: only the source can tell.
    expect(await other.deliver(range(10, 20))).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
  })

  test('is known by a record where a marker stood', async () => {
    await using f = await BronzeFixture.open()
    const transaction = f.source.begin()
    transaction.append(
      'events',
      [0, 1, 2].map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    transaction.commit()
    await catchUp(f.lake, 'command')
    f.source.recreateTopic('events')
    f.append(range(100, 110))
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
  })

  test('low offsets alone say nothing: a group that was reset is only a redelivery', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    f.append(range(10, 14))
    await f.deliver(range(0, 3))
    await using other = await f.another()
    await other.deliver(range(0, 3))
    expect(await other.deliver(range(1, 14))).toMatchObject({ rowsOut: 4 })
    expect(eachOffsetOnce(await f.lineage(), [span(14)])).toEqual([])
  })
})

describe('where a partition begins', () => {
  const timed = { timestamp: day0 + 5_000 }
  const streamFrom = (startFrom: 'latest' | { timestamp: number }) => {
    const schema = z.object({ event_id: z.string(), timestamp: timestamp() })
    const times = { allowedLateness: '10 minutes', dedupeWithin: '1 day' }
    return defineStream({
      name: 'events',
      topic: 'events',
      schema,
      key: 'event_id',
      eventTime: 'timestamp',
      clusterBy: ['timestamp'],
      startFrom,
      ...times,
    })
  }

  test('latest is the end when bronze first looked, and stays there', async () => {
    await using f = await BronzeFixture.open({ partitions: 2, stream: streamFrom('latest') })
    f.append(range(0, 10))
    // The group begins at the oldest record, whatever the stream says.
    await f.deliver(range(0, 6))
    f.append(range(10, 14))
    f.append(range(0, 3), 1)
    await f.deliver(range(6, 12))
    await catchUp(f.lake, 'timer')
    expect(eachOffsetOnce(await f.lineage(), [span(14, 0, { start: 10 }), span(3, 1)])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ start: 10n, covered: 13n, missing: 0n })
  })

  test('latest is pinned by a catch-up that finds nothing to read', async () => {
    await using f = await BronzeFixture.open({ stream: streamFrom('latest') })
    f.append(range(0, 10))
    await catchUp(f.lake, 'timer')
    f.append(range(10, 13))
    await catchUp(f.lake, 'timer')
    expect(eachOffsetOnce(await f.lineage(), [span(13, 0, { start: 10 })])).toEqual([])
  })

  test('a timestamp is the first record at or after it', async () => {
    await using f = await BronzeFixture.open({ stream: streamFrom(timed) })
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    expect(eachOffsetOnce(await f.lineage(), [span(10, 0, { start: 5 })])).toEqual([])
  })

  test('a partition added later is ingested from its own start', async () => {
    for (const stream of [streamFrom('latest'), undefined]) {
      await using f = await BronzeFixture.open(stream === undefined ? {} : { stream })
      await catchUp(f.lake, 'timer')
      f.append(range(0, 4))
      await f.deliver(range(0, 4))
      f.source.addPartitions('events', 1)
      f.append(range(0, 6), 1)
      await f.deliver(range(3, 6), 1)
      expect(eachOffsetOnce(await f.lineage(), [span(4), span(6, 1)])).toEqual([])
    }
  })
})
