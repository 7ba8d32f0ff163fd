import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { SourceError } from '../../../shared/sources/index.js'
import { type BronzeFixture, eventRecord, range } from '../bronze/bronzeFixture.js'
import { look, open, settings } from './monitorFixture.js'

describe('the monitor, of lag,', () => {
  test('calls LATE what does not drain, however new the newest row is, and OK what does', async () => {
    await using f = await open({ partitions: 2 })
    f.append(range(0, 30))
    f.append(range(0, 30), 1)
    await f.deliver(range(0, 10))
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK', lag: 50n })
    f.clock.advance(60_000)
    await f.deliver(range(10, 20))
    f.append(range(30, 60), 1)
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ status: 'LATE', lag: 70n })
    expect(bronze?.['reason']).toContain(
      '70 offsets wait in Kafka and do not drain: 60 offsets of partition 1 wait from 0 on, and were 30 61 s ago.',
    )
    expect(silver).toMatchObject({ status: 'STALE', reason: 'The table does not exist yet.' })
    await f.deliver(range(0, 40), 1)
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK', lag: 30n })
  })

  test('gives a moment: two looks in a row are no proof', async () => {
    await using f = await open()
    f.append(range(0, 30))
    await f.deliver(range(0, 10))
    await look(f)
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK', lag: 20n })
    await using other = await f.another({ settings, clock: new ManualClock(f.clock.now() + 40 * 86_400_000) })
    expect(await runMonitor(other.lake, 'timer')).toMatchObject([{ outcome: 'committed' }])
    expect((await f.read('monitor_logs')).filter(row => row['layer'] === 'bronze').map(row => row['status'])).toEqual([
      'OK',
      'OK',
      'OK',
    ])
  })

  const faults: readonly (readonly [what: string, (f: BronzeFixture) => void, says: RegExp])[] = [
    [
      'has no leader',
      f => {
        f.source.failLeader('events', 1)
      },
      /events\/1/,
    ],
    [
      'cannot be asked what it is',
      f => {
        const identify = f.source.identify.bind(f.source)
        const error = new SourceError('SOURCE_REFUSED', 'Nobody may ask about events/1.', { data: { partition: 1 } })
        f.source.identify = async (topic, asked) =>
          new Map([...(await identify(topic, asked)), [1, { kind: 'failed', error }]])
      },
      /Nobody may ask about events\/1/,
    ],
    [
      'has a damaged record where bronze is to go on',
      f => {
        f.source.damage('events', 1, 5n)
      },
      /offset 5 of events\/1/,
    ],
  ]
  test.each(faults)('is DEGRADED by one partition that %s, and names it', async (_, strike, says) => {
    await using f = await open({ partitions: 2 })
    for (const partition of [0, 1]) {
      f.append(range(0, 5), partition)
      await f.deliver(range(0, 5), partition)
      f.append(range(5, 7), partition)
    }
    expect((await look(f))['bronze']).toMatchObject({ status: 'OK', lag: 4n })
    const records = await f.fetch(range(5, 7))
    strike(f)
    f.clock.advance(61_000)
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    const { bronze } = await look(f)
    expect(bronze?.['status']).toBe('DEGRADED')
    expect(bronze?.['reason']).toMatch(says)
  })

  test('remembers since when offsets wait over a look at which Kafka could not be asked', async () => {
    await using f = await open()
    f.append(range(0, 30))
    await f.deliver(range(0, 10))
    await look(f)
    const survey = f.source.survey.bind(f.source)
    f.source.survey = () =>
      Promise.reject(new SourceError('SOURCE_UNREACHABLE', 'No broker answers.', { retryable: true }))
    expect((await look(f))['bronze']).toMatchObject({ status: 'DEGRADED', lag: null })
    f.source.survey = survey
    f.clock.advance(60_000)
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'LATE', lag: 20n })
    expect(bronze?.['reason']).toContain('20 offsets of partition 0 wait from 10 on, and were 20 62 s ago')
  })

  test('shows what lies behind a transaction that is still open, and calls it LATE when it is open for long', async () => {
    await using f = await open()
    f.append(range(0, 5))
    const transaction = f.source.begin()
    transaction.append('events', [{ ...eventRecord(5), partition: 0 }])
    f.append(range(6, 1006))
    await f.deliver(range(0, 5))
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'OK', lag: 0n, lag_high_watermark: 1001n, seconds_to_drain: 0 })
    expect(bronze?.['reason']).toContain('1001 offsets of partition 0 lie behind a transaction that is still open')
    expect(bronze?.['reason']).not.toContain('silent')
    f.clock.advance(10 * 60_000)
    const later = (await look(f))['bronze']
    expect(later?.['status']).toBe('LATE')
    expect(later?.['reason']).toMatch(/behind a transaction that is still open, for 10 min at least/)
    expect(later?.['reason']).not.toContain('silent')
    transaction.commit()
    await catchUp(f.lake, 'command')
    expect((await look(f))['bronze']).toMatchObject({ lag: 0n, lag_high_watermark: 0n })
  })

  test('names partitions that the topic no longer has', async () => {
    await using f = await open({ partitions: 3 })
    for (const partition of [0, 2]) {
      f.append(range(0, 5), partition)
      await f.deliver(range(0, 5), partition)
    }
    const survey = f.source.survey.bind(f.source)
    f.source.survey = async topic => ({
      partitions: (await survey(topic)).partitions.filter(({ partition }) => partition < 2),
      unavailable: [],
    })
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'DEGRADED', lag: 0n })
    expect(bronze?.['reason']).toMatch(/no partition 2 any more, of which bronze holds offsets up to 4/)
    expect(bronze?.['reason']).not.toContain('partition 1')
  })

  test('says that the topic does not exist', async () => {
    await using f = await open()
    f.append(range(0, 5))
    await f.deliver(range(0, 5))
    f.source.deleteTopic('events')
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({ status: 'DEGRADED', lag: null })
    expect(bronze?.['reason']).toMatch(/events.*does not exist/i)
  })
})
