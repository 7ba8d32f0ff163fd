import { describe, expect, test } from 'vitest'

import { silverTable } from '../../../shared/contract/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { layerAggregate } from '../../../shared/pipeline/monitor/layerAggregate.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { day0, range } from '../bronze/bronzeFixture.js'
import { look, open } from './monitorFixture.js'

const seconds = (value: unknown) => Math.round(value as number)

describe("from Kafka's timestamp to the committed row", () => {
  test('events that are hours old when they are sent change nothing of it, in any layer', async () => {
    await using f = await open()
    const sent = day0 + 7_200_000
    f.source.append(
      'events',
      // One in five, which is far more than a percent, and a record that has no event time at all.
      [...range(0, 20), -1].map(n => ({
        key: null,
        value: Buffer.from(
          n < 0
            ? '{'
            : JSON.stringify({
                event_id: String(n),
                event_type: 'click',
                timestamp: new Date(n % 5 === 0 ? day0 : sent).toISOString(),
                value: String(n),
              }),
        ),
        timestamp: sent,
        partition: 0,
      })),
    )
    f.clock.advance(7_200_000 + 3_000)
    await f.deliver(range(0, 21))
    f.clock.advance(4_000)
    await refineSilver(f.lake, f.stream)
    f.clock.advance(5_000)
    await runGold(f.lake, 'command')
    const { bronze, silver, gold, summary } = await look(f)
    for (const [row, wait] of [
      [bronze, 3],
      [silver, 7],
      [gold, 12],
    ] as const) {
      expect(seconds(row?.['kafka_queryable_p50_seconds'])).toBe(wait)
      expect(seconds(row?.['kafka_queryable_p99_seconds'])).toBe(wait)
      expect(seconds(row?.['queryable_p99_seconds'])).toBe(7_200 + wait)
    }
    expect(summary).toMatchObject({ kafka_queryable_p50_seconds: null, kafka_queryable_p99_seconds: null })
  })

  test('is of the rows since the last look: nothing where none came', async () => {
    await using f = await open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    expect((await look(f))['bronze']?.['kafka_queryable_p99_seconds']).not.toBeNull()
    expect(await look(f)).toMatchObject({
      bronze: { kafka_queryable_p50_seconds: null, kafka_queryable_p99_seconds: null },
    })
  })

  test('a table that an earlier version wrote last is measured without it', () => {
    const { schema } = silverTable(events)
    const before = { ...schema, fields: schema.fields.filter(({ name }) => name !== '_timestamp') }
    const [now, then] = [schema, before].map(one => layerAggregate(events, 'silver', one, 1_000))
    expect(now?.columns).toContain('_timestamp')
    expect(now?.select).toContain('kafka_p99')
    expect(then?.columns).not.toContain('_timestamp')
    expect(then?.select).not.toContain('_timestamp')
  })
})
