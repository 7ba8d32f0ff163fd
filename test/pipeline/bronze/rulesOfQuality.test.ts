import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, double, silverPath, type Stream, timestamp } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { replayQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import { look } from '../monitor/monitorFixture.js'
import { BronzeFixture, day0, range } from './bronzeFixture.js'

const schema = z.object({ event_id: z.string(), event_type: z.string(), timestamp: timestamp(), value: double() })
type Event = z.output<typeof schema>
const isPositive = (e: Event): boolean => e.value > 0

const declare = (rules: Pick<Parameters<typeof defineStream<typeof schema>>[0], 'expectations' | 'where'>): Stream =>
  defineStream({
    name: 'events',
    topic: 'events',
    schema,
    key: 'event_id',
    eventTime: 'timestamp',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    ...rules,
  })

const stream = declare({
  where: e => e.event_type !== 'heartbeat',
  expectations: {
    small: { holds: e => e.value < 100, action: 'warn' },
    whole: { holds: e => Number.isInteger(e.value), action: 'warn' },
    positive: e => e.value > 0,
    'not zero': { holds: e => e.value !== 0, action: 'drop' },
    'never fails': { holds: () => true, action: 'quarantine' },
  },
})

const open = (of: Stream = stream, partitions = 1) =>
  BronzeFixture.open({
    stream: of,
    partitions,
    settings: { DUCKDB_MEMORY_LIMIT: '256MB', FRESHNESS_LATE: '1 day', FRESHNESS_STALE: '2 days' },
  })

function append(f: BronzeFixture, values: readonly (number | 'heartbeat')[], partition = 0): void {
  f.source.append(
    'events',
    values.map((value, i) => ({
      key: null,
      value: Buffer.from(
        JSON.stringify({
          event_id: `${partition}-${i}-${value}`,
          event_type: value === 'heartbeat' ? value : 'click',
          timestamp: new Date(day0).toISOString(),
          value: value === 'heartbeat' ? 1 : value,
        }),
      ),
      timestamp: day0,
      partition,
    })),
  )
}

const values = async (f: BronzeFixture) =>
  (await f.read(silverPath(f.stream))).map(row => row['value'] as number).toSorted((a, b) => a - b)

describe('each rule of quality', () => {
  test('keeps, quarantines, drops or filters, and each is counted, zeros too', async () => {
    await using f = await open()
    append(f, [1, 500, 2.5, 500.5, -1, 'heartbeat', 'heartbeat', -0.5])
    const report = await f.deliver(range(0, 8))
    expect(report).toMatchObject({ rowsOut: 8, detail: { quarantined: 2, dropped: 0, filtered: 2 } })
    const broken = { small: 2, whole: 3, positive: 2, 'not zero': 0, 'never fails': 0 }
    expect(JSON.parse(report.detail['expectations'] as string)).toEqual(broken)
    await refineSilver(f.lake, stream)
    expect(await values(f)).toEqual([1, 2.5, 500, 500.5])
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ status: 'OK', identity_closed: true, valid: 4n, quarantined: 2n, filtered: 2n })
    expect(JSON.parse(bronze?.['expectations'] as string)).toEqual(broken)
    expect(bronze?.['identity']).toContain('quarantined 2 + tombstones 0 + dropped 0 + filtered 2')
    expect(silver).toMatchObject({ identity_closed: true })
  })

  test('what is dropped is in bronze with its code, and neither in silver nor in quarantine', async () => {
    const dropping: Stream = declare({
      expectations: { positive: { holds: isPositive, action: 'drop' } },
    })
    await using f = await open(dropping)
    append(f, [1, -1, -2])
    expect((await f.deliver(range(0, 3))).detail).toMatchObject({ quarantined: 0, dropped: 2, filtered: 0 })
    await refineSilver(f.lake, dropping)
    expect((await f.rows()).map(row => [row['_error_code'], row['_error_path']])).toEqual([
      [null, null],
      ['EXPECTATION_DROPPED', 'positive'],
      ['EXPECTATION_DROPPED', 'positive'],
    ])
    expect(await values(f)).toEqual([1])
    expect(await replayQuarantine(f.lake, declare({}), {}, { by: 'ada' })).toMatchObject({ read: 0 })
    expect((await look(f))['bronze']).toMatchObject({
      status: 'OK',
      dropped: 2n,
      quarantined: 0n,
      identity_closed: true,
    })
  })

  test('a filter that throws leaves nothing out silently', async () => {
    const throwing = declare({
      where: (e: Event) => {
        if (e.value < 0) throw new Error('no')
        return e.value > 1
      },
    })
    await using f = await open(throwing)
    append(f, [1, 2, -1])
    expect((await f.deliver(range(0, 3))).detail).toMatchObject({ quarantined: 1, filtered: 1 })
    expect((await f.rows()).map(row => row['_error_path']).toSorted()).toEqual(['', null, 'where'])
  })

  test.each([
    [{ positive: { holds: 1, action: 'warn' } }, /expectation "positive" has no predicate/],
    [
      { positive: { holds: isPositive, action: 'ignore' } },
      /has the action "ignore", which is none of warn, quarantine, drop, fail/,
    ],
    [{ positive: { holds: isPositive } }, /has the action undefined/],
  ])('%j is refused by name', (expectations, message) => {
    expect(() => declare({ expectations: expectations as never })).toThrow(message)
  })
})

describe('an expectation that must hold', () => {
  const failing: Stream = declare({ expectations: { positive: { holds: isPositive, action: 'fail' } } })

  test('stops its partition at the record, in a delivery, and the others go on', async () => {
    await using f = await open(failing, 2)
    append(f, [1, 2, -3, 4], 0)
    append(f, [5, 6], 1)
    const records = [...(await f.fetch(range(0, 4), 0)), ...(await f.fetch(range(0, 2), 1))]
    const { ingestBatch } = await import('../../../shared/pipeline/bronze/index.js')
    const report = await ingestBatch(f.lake, failing, { records, reread: [] }, 'kafka')
    expect(report).toMatchObject({
      outcome: 'failed',
      rowsOut: 4,
      error: { code: 'EXPECTATION_BROKEN', retryable: false },
    })
    expect(report.error?.message).toContain('offset 2 of topic events, partition 0: "positive"')
    expect([...(await f.progress()).values()].map(({ covered }) => covered)).toEqual([1n, 1n])
    // Delivered again, alone and with what comes after it: nothing moves, and nothing is doubled.
    expect(await f.deliver([2, 3])).toMatchObject({ outcome: 'failed', rowsOut: 0 })
    expect(await f.deliver([3])).toMatchObject({ outcome: 'failed', rowsOut: 0 })
    expect((await f.rows()).length).toBe(4)
  })

  test('stops a catch-up there, which goes on once the contract lets the record pass', async () => {
    await using f = await open(failing, 2)
    append(f, [1, -2, 3], 0)
    append(f, [4], 1)
    const first = await catchUp(f.lake, 'timer')
    expect(first).toMatchObject([{ outcome: 'failed', rowsOut: 2, error: { code: 'EXPECTATION_BROKEN' } }])
    expect(await catchUp(f.lake, 'timer')).toMatchObject([{ outcome: 'failed', rowsOut: 0 }])
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: true, lag: 2n })
    await using g = await f.another({ stream: declare({ expectations: { positive: e => e.value > 0 } }) })
    expect(await catchUp(g.lake, 'timer')).toMatchObject([
      { outcome: 'committed', rowsOut: 2, detail: { quarantined: 1 } },
    ])
    expect((await look(g))['bronze']).toMatchObject({ identity_closed: true, lag: 0n, valid: 3n, quarantined: 1n })
  })
})
