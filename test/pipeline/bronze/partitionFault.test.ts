import { describe, expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { stoppedError } from '../../../shared/pipeline/bronze/partitionFault.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import type { StepReport } from '../../../shared/pipeline/step/stepReport.js'
import { SourceError } from '../../../shared/sources/index.js'
import { BronzeFixture, range } from './bronzeFixture.js'

const three = async (settings: Readonly<Record<string, string>> = {}) => {
  const fixture = await BronzeFixture.open({ partitions: 3, settings })
  for (const partition of [0, 1, 2]) fixture.append(range(partition * 100, partition * 100 + 50), partition)
  return fixture
}

async function rowsByPartition(fixture: BronzeFixture): Promise<Record<number, number>> {
  const counts: Record<number, number> = { 0: 0, 1: 0, 2: 0 }
  for (const row of await fixture.rows())
    counts[Number(row['_partition'])] = (counts[Number(row['_partition'])] ?? 0) + 1
  return counts
}

async function run(fixture: BronzeFixture): Promise<StepReport> {
  const [report] = await catchUp(fixture.lake, 'command')
  if (report === undefined) throw new Error('no report')
  return report
}

describe('a partition without a leader', () => {
  test('is named and may be tried again; the others go on, in every run, and it catches up when it has one', async () => {
    await using fixture = await three()
    fixture.source.failLeader('events', 1, Infinity)
    for (const rows of [50, 60]) {
      expect((await run(fixture)).error).toMatchObject({
        code: 'SOURCE_UNREACHABLE',
        retryable: true,
        message: expect.stringContaining('events/1') as string,
      })
      expect(await rowsByPartition(fixture)).toEqual({ 0: rows, 1: 0, 2: rows })
      fixture.append(range(1_000 + rows, 1_010 + rows), 0)
      fixture.append(range(2_000 + rows, 2_010 + rows), 2)
    }
    await runMonitor(fixture.lake, 'command')
    const bronze = (await fixture.read('monitor_logs')).find(row => row['layer'] === 'bronze')
    expect(bronze).toMatchObject({
      status: 'DEGRADED',
      reason: expect.stringContaining('events/1') as string,
      lag: 20n,
    })
    fixture.source.electLeader('events', 1)
    expect(await run(fixture)).toMatchObject({ outcome: 'committed' })
    expect(await rowsByPartition(fixture)).toEqual({ 0: 70, 1: 50, 2: 70 })
  })

  test('that loses it while it is read keeps what was read before, and those of the same broker are not waited for', async () => {
    await using fixture = await three({ BRONZE_MAX_COMMIT_ROWS: '20' })
    const read = fixture.source.read.bind(fixture.source)
    const asked: number[] = []
    let away: number | undefined
    fixture.source.read = (topic, wanted, options) => {
      asked.push(wanted.partition)
      if (wanted.partition !== 0 && wanted.start >= 10n) {
        for (const partition of [1, 2]) fixture.source.failLeader('events', partition, Infinity)
        away ??= asked.length
      }
      return read(topic, wanted, options)
    }
    const { error } = await run(fixture)
    expect(error?.message).toContain('events/1')
    expect(error?.message).toContain('events/2')
    const rows = await rowsByPartition(fixture)
    expect(rows[0]).toBe(50)
    expect(Math.max(rows[1] ?? 0, rows[2] ?? 0)).toBeGreaterThan(0)
    expect(away).toBeGreaterThan(0)
    expect(asked.slice(away).filter(partition => partition !== 0)).toEqual([])
  })

  test('and no partition that has one: the run says so', async () => {
    await using fixture = await three()
    for (const partition of [0, 1, 2]) fixture.source.failLeader('events', partition, Infinity)
    expect((await run(fixture)).error).toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
  })
})

describe('a batch that does not match its checksum', () => {
  test('stops its partition right before it, by name, in every run and in the monitor; the others go on', async () => {
    await using fixture = await three()
    fixture.source.damage('events', 1, 17n)
    for (const rows of [50, 60]) {
      expect((await run(fixture)).error).toMatchObject({
        code: 'SOURCE_CORRUPT',
        retryable: false,
        message: expect.stringMatching(/offset 17 of events\/1 .* stops there/) as string,
      })
      expect(await rowsByPartition(fixture)).toEqual({ 0: rows, 1: 17, 2: rows })
      fixture.append(range(1_000 + rows, 1_010 + rows), 0)
      fixture.append(range(2_000 + rows, 2_010 + rows), 2)
    }
    fixture.clock.advance(120_000)
    await runMonitor(fixture.lake, 'command')
    const bronze = (await fixture.read('monitor_logs')).find(row => row['layer'] === 'bronze')
    expect(bronze).toMatchObject({
      status: 'DEGRADED',
      reason: expect.stringContaining('offset 17 of events/1') as string,
      max_partition_lag: 33n,
    })
  })

  test('in two partitions: both are named', async () => {
    await using fixture = await three()
    fixture.source.damage('events', 0, 0n)
    fixture.source.damage('events', 2, 49n)
    const { error } = await run(fixture)
    expect(error?.message).toContain('offset 0 of events/0')
    expect(error?.message).toContain('offset 49 of events/2')
    expect(await rowsByPartition(fixture)).toEqual({ 0: 0, 1: 50, 2: 49 })
  })

  test('at the covered offset, which is read to compare it, stops that partition alone', async () => {
    await using fixture = await three()
    await run(fixture)
    fixture.source.damage('events', 1, 49n)
    for (const partition of [0, 1, 2]) fixture.append(range(500 + partition, 501 + partition), partition)
    await run(fixture)
    expect(await rowsByPartition(fixture)).toMatchObject({ 0: 51, 2: 51 })
  })
})

test("a defect of ours, or of the store, is the run's and no partition's", async () => {
  await using fixture = await three()
  const mistake = new RangeError('a defect')
  fixture.source.read = () => {
    throw mistake
  }
  expect((await run(fixture)).error).toEqual({ code: 'RangeError', message: 'a defect', retryable: false })
})

test('a reason that several partitions share is reported once, each reason of their own too', () => {
  const away = () => new SourceError('SOURCE_UNREACHABLE', 'Kafka is away.', { retryable: true })
  const corrupt = new SourceError('SOURCE_CORRUPT', 'events/2 is corrupt.')
  expect(stoppedError([away(), away(), corrupt, away()])?.message).toBe('events/2 is corrupt. Kafka is away.')
})
