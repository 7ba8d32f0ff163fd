import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { SourceError } from '../../../shared/sources/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { day0, eventRecord, isCommit, range } from '../bronze/bronzeFixture.js'
import { ingest, look, open, settings } from './monitorFixture.js'

describe('the monitor', () => {
  test('has a row for every table, and the identities close', async () => {
    await using f = await open()
    f.append([...range(0, 20), 3, 4])
    f.source.append('events', [
      { key: null, value: Buffer.from('{'), partition: 0, timestamp: day0 },
      { key: null, value: null, partition: 0, timestamp: day0 },
    ])
    await f.deliver(range(0, 10))
    await f.deliver(range(5, 24))
    await refineSilver(f.lake, f.stream)
    const { bronze, silver, gold } = await look(f)
    expect(bronze).toMatchObject({
      table_name: 'bronze.events',
      status: 'OK',
      rows_total: 24n,
      valid: 22n,
      quarantined: 1n,
      tombstones: 1n,
      received: 29n,
      redelivered: 5n,
      covered_span: 24n,
      missing_offsets: 0n,
      natural_holes: 0n,
      lag: 0n,
      seconds_to_drain: 0,
      identity_closed: true,
    })
    expect(JSON.parse(bronze?.['rejections'] as string)).toMatchObject({ NOT_JSON: 1, FIELD_TYPE: 0 })
    expect(silver).toMatchObject({
      status: 'OK',
      rows_total: 20n,
      valid: 22n,
      inserted: 20n,
      duplicates: 2n,
      identity_closed: true,
    })
    expect(gold).toMatchObject({ status: 'STALE', reason: 'The table does not exist yet.' })
  })

  test('gold and its summary stand for every row of silver once they have read it', async () => {
    await using f = await open()
    await ingest(f, range(0, 20))
    await runGold(f.lake, 'command')
    const { gold, summary } = await look(f)
    expect(gold).toMatchObject({
      table_name: 'gold.events_scored',
      rows_total: 20n,
      identity_closed: true,
      identity: 'silver 20 = scored 20',
    })
    expect(summary).toMatchObject({
      table_name: 'gold.events_summary',
      identity_closed: true,
      identity: 'scored 20 = summarised 20',
    })

    await ingest(f, range(20, 30))
    expect((await look(f))['gold']).toMatchObject({ rows_total: 20n, identity_closed: null })
    await runGold(f.lake, 'command')
    const later = await look(f)
    expect(later['gold']).toMatchObject({ rows_total: 30n, identity_closed: true })
    expect(later['summary']).toMatchObject({ identity_closed: true, identity: 'scored 30 = summarised 30' })
  })

  test('a table whose source never had a row has read all of it', async () => {
    await using f = await open()
    f.source.append('events', [{ key: null, value: Buffer.from('{'), partition: 0, timestamp: f.clock.now() }])
    await f.deliver([0])
    await refineSilver(f.lake, f.stream)
    await runGold(f.lake, 'command')
    expect((await look(f))['summary']).toMatchObject({ identity_closed: true, identity: 'scored 0 = summarised 0' })
  })

  test('adds up what comes later, and says what is new since the last run', async () => {
    await using f = await open()
    await ingest(f, range(0, 10))
    await look(f)
    await ingest(f, range(10, 25))
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({
      rows_added: 15n,
      rows_total: 25n,
      identity_closed: true,
      files: 2n,
      small_files: 2n,
    })
    expect(silver).toMatchObject({ rows_added: 15n, rows_total: 25n, identity_closed: true })
    expect((await look(f))['bronze']).toMatchObject({
      rows_added: 0n,
      rows_total: 25n,
      queryable_p50_seconds: null,
      identity_closed: true,
    })
  })

  test('names missing offsets in the run that found them, and only there', async () => {
    await using f = await open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK' })
    f.source.deleteRecords('events', 0, 12n)
    await f.deliver(range(15, 20))
    const found = (await look(f))['bronze']
    expect(found).toMatchObject({ status: 'DEGRADED', missing_offsets: 7n, identity_closed: true })
    expect(found?.['reason']).toContain('7 offsets were deleted in Kafka')
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK', missing_offsets: 7n })
  })

  test('is not misled by a commit of bronze while it looks', async () => {
    const faults = new Faults()
    const clock = new ManualClock(day0)
    const store = new MemoryStore(clock)
    await using writer = await open({ store, clock })
    await using f = await writer.another({ store: new FaultyStore(store, faults), settings })
    writer.append(range(0, 30))
    await writer.deliver(range(0, 10))
    await look(f)
    await writer.deliver(range(10, 20))
    faults.add({
      on: 'get',
      path: path => path.endsWith('.parquet'),
      fault: {
        kind: 'interleave',
        first: async () => {
          await writer.deliver(range(20, 30))
        },
      },
    })
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: true, rows_total: 20n })
    expect(faults.struck).toBe(1)
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: true, rows_total: 30n })
  })

  test('counts late and stale events', async () => {
    await using f = await open()
    f.source.append(
      'events',
      [1, 2, 3].map(n => ({ ...eventRecord(n), timestamp: day0 + n * 1_200_000, partition: 0 })),
    )
    f.clock.advance(3 * 3_600_000)
    f.append([10_000])
    await f.deliver(range(0, 4))
    await refineSilver(f.lake, f.stream)
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ late_count: 3n, stale_count: 3n })
    expect(silver).toMatchObject({ late_count: 3n, stale_count: 3n })
  })

  test('distinguishes a silent source from a pipeline that lags', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    f.clock.advance(1_800_000)
    const silent = (await look(f))['bronze']
    expect(silent).toMatchObject({ status: 'LATE', lag: 0n })
    expect(silent?.['reason']).toContain('the source is silent')
    f.append(range(5, 9))
    f.clock.advance(7_200_000)
    const lagging = (await look(f))['bronze']
    expect(lagging).toMatchObject({ status: 'STALE', lag: 4n, max_partition_lag: 4n, seconds_to_drain: null })
    expect(lagging?.['reason']).toContain('4 offsets wait in Kafka')
  })

  test('gives the seconds to drain by the rate since the last run', async () => {
    await using f = await open()
    f.append(range(0, 30))
    await f.deliver(range(0, 5))
    await look(f)
    f.clock.advance(9_000)
    await f.deliver(range(5, 15))
    expect((await look(f))['bronze']).toMatchObject({ lag: 15n, seconds_to_drain: 15 })
  })

  test.each([
    ['ten seconds before', 9_000, 50],
    ['after the second that the look bears', -1_500, 5],
  ])('the first time by the rate since the table was made, %s', async (_, passed, seconds) => {
    await using f = await open()
    f.append(range(0, 30))
    await f.deliver(range(0, 5))
    f.clock.advance(passed)
    expect((await look(f))['bronze']).toMatchObject({ lag: 25n, seconds_to_drain: seconds })
  })

  test('is DEGRADED, not broken, when Kafka cannot be asked', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    f.source.offsets = () =>
      Promise.reject(new SourceError('SOURCE_UNREACHABLE', 'No broker answers.', { retryable: true }))
    expect((await look(f))['bronze']).toMatchObject({
      status: 'DEGRADED',
      lag: null,
      rows_total: 5n,
      identity_closed: true,
      reason: 'Kafka cannot be asked for its offsets.',
    })
  })

  test('says which partition is stopped by a recreated topic', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    f.source.recreateTopic('events')
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'DEGRADED' })
    expect(bronze?.['reason']).toMatch(/partition 0, was recreated.*reset-offsets/)
  })

  test('says so from the table alone while Kafka cannot be asked', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    f.source.recreateTopic('events')
    await catchUp(f.lake, 'timer')
    f.source.survey = () =>
      Promise.reject(new SourceError('SOURCE_UNREACHABLE', 'No broker answers.', { retryable: true }))
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'DEGRADED' })
    expect(bronze?.['reason']).toMatch(/partition 0, was recreated.*reset-offsets/)
  })

  test('counts a table that was recreated from its beginning, and names what silver must do', async () => {
    await using f = await open()
    await ingest(f, range(0, 10))
    await look(f)
    for await (const { path } of f.store.list('bronze/events/')) await f.store.delete(path)
    f.clock.advance(120_000)
    await catchUp(f.lake, 'command')
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ rows_total: 10n, received: 10n, identity_closed: true, rows_added: 10n })
    expect(silver).toMatchObject({ status: 'DEGRADED' })
    expect(silver?.['reason']).toContain('lake rebuild silver')
  })

  test('has the counts right after silver was rebuilt', async () => {
    await using f = await open()
    f.append([...range(0, 10), 1, 2])
    await f.deliver(range(0, 12))
    await refineSilver(f.lake, f.stream)
    await look(f)
    expect((await rebuildSilver(f.lake, f.stream)).outcome).toBe('committed')
    expect((await look(f))['silver']).toMatchObject({
      identity_closed: true,
      rows_total: 10n,
      valid: 12n,
      inserted: 10n,
      duplicates: 2n,
    })
    f.append(range(20, 25))
    await f.deliver(range(12, 17))
    await refineSilver(f.lake, f.stream)
    expect((await look(f))['silver']).toMatchObject({ identity_closed: true, rows_total: 15n })
  })

  test('two at once: one appends', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    await look(f)
    await using other = await f.another({ settings })
    const before = (await f.read('monitor_logs')).length
    const reports = (await Promise.all([runMonitor(f.lake, 'timer'), runMonitor(other.lake, 'timer')])).flat()
    expect(reports.map(r => r.outcome).sort()).toEqual(['committed', 'nothingToDo'])
    expect((await f.read('monitor_logs')).length).toBe(before + 4)
  })

  test('killed before its commit counts nothing twice', async () => {
    const faults = new Faults()
    const clock = new ManualClock(day0)
    await using f = await open({ store: new FaultyStore(new MemoryStore(clock), faults), clock })
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    await look(f)
    f.append(range(10, 15))
    await f.deliver(range(10, 15))
    faults.add({
      on: 'putIfAbsent',
      path: path => path.startsWith('monitor_logs/') && isCommit(path),
      times: 1_000,
      fault: { kind: 'fail', retryable: false },
    })
    expect(await runMonitor(f.lake, 'timer')).toMatchObject([{ outcome: 'failed' }])
    faults.clear()
    expect((await look(f))['bronze']).toMatchObject({ rows_added: 5n, rows_total: 15n, identity_closed: true })
  })

  test('does not read again what it has booked', async () => {
    const faults = new Faults()
    const clock = new ManualClock(day0)
    await using f = await open({ store: new FaultyStore(new MemoryStore(clock), faults), clock })
    f.append(range(0, 10))
    for (const n of range(0, 10)) await f.deliver([n])
    await look(f)
    faults.add({
      on: 'get',
      path: path => path.startsWith('bronze/') && path.endsWith('.parquet'),
      times: 1_000,
      fault: { kind: 'fail' },
    })
    expect((await look(f))['bronze']).toMatchObject({ rows_total: 10n, files: 10n })
    expect(faults.struck).toBe(0)
  })

  test('goes by the time of events, not by when they were ingested', async () => {
    await using f = await open()
    f.append(range(0, 10))
    f.clock.advance(3_000_000)
    await f.deliver(range(0, 10))
    await refineSilver(f.lake, f.stream)
    const { bronze, silver } = await look(f)
    const newest = BigInt(day0 + 9_000) * 1000n
    for (const row of [bronze, silver])
      expect(row).toMatchObject({ status: 'LATE', newest_event_time: newest, freshness_seconds: 2_992 })
    // From the event to the commit, of ten events a second apart.
    for (const row of [bronze, silver]) {
      expect(Math.round(row?.['queryable_p50_seconds'] as number)).toBe(2_996)
      expect(Math.round(row?.['queryable_p99_seconds'] as number)).toBe(3_000)
    }
  })
})
