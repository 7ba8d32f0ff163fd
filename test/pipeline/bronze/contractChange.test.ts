import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, long, timestamp, timestampNtz } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, day0, range, span } from './bronzeFixture.js'

const base = { event_id: z.string(), timestamp: timestamp() }
const declare = (fields: z.ZodRawShape) =>
  defineStream({
    name: 'events',
    topic: 'events',
    schema: z.object({ ...base, ...fields }),
    key: 'event_id',
    eventTime: 'timestamp',
    clusterBy: ['timestamp'],
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
  })
const before = declare({ value: z.string() })
const after = declare({ value: z.string(), page: z.string().nullish() })

const record = (n: number) => {
  const event = { event_id: String(n), timestamp: new Date(day0).toISOString(), value: 'v', page: `p${n}` }
  return { key: null, value: Buffer.from(JSON.stringify(event)), timestamp: day0, partition: 0 }
}
const columnOf = async (f: BronzeFixture, name: string) =>
  [...(await f.rows())]
    .sort((a, b) => Number((a['_offset'] as bigint) - (b['_offset'] as bigint)))
    .map(row => row[name] ?? null)

describe('a contract that changes while the pipeline runs', () => {
  test('a new nullable field is in the table with the next commit, and a writer of the old contract goes on', async () => {
    await using old = await BronzeFixture.open({ stream: before })
    old.source.append('events', range(0, 9).map(record))
    await old.deliver([0, 1, 2])
    await using young = await old.another({ stream: after })
    await young.deliver([3, 4, 5])
    await old.deliver([6, 7])
    await catchUp(old.lake, 'timer')
    expect(eachOffsetOnce(await young.lineage(), [span(9)])).toEqual([])
    expect(await columnOf(young, 'page')).toEqual([null, null, null, 'p3', 'p4', 'p5', null, null, null])
    expect((await young.lake.table('bronze/events').state({ fresh: true }))?.schema.fields.map(f => f.name)).toContain(
      'page',
    )
  })

  test('a new field of a type that only newer readers know brings the feature along', async () => {
    await using old = await BronzeFixture.open({ stream: before })
    old.source.append('events', range(0, 4).map(record))
    await old.deliver([0, 1])
    await using young = await old.another({ stream: declare({ value: z.string(), local: timestampNtz().nullish() }) })
    await young.deliver([2, 3])
    const state = await young.lake.table('bronze/events').state({ fresh: true })
    expect(state?.schema.fields.map(f => f.name)).toContain('local')
    expect(state?.protocol).toMatchObject({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['timestampNtz'],
    })
    expect(eachOffsetOnce(await young.lineage(), [span(4)])).toEqual([])
  })

  test('two writers that bring the same field at once both get their rows in', async () => {
    await using old = await BronzeFixture.open({ stream: before, partitions: 2 })
    old.source.append('events', range(0, 3).map(record))
    await old.deliver([0])
    old.source.append(
      'events',
      range(0, 3).map(n => ({ ...record(n), partition: 1 })),
    )
    await using a = await old.another({ stream: after })
    await using b = await old.another({ stream: after })
    await Promise.all([a.deliver([1, 2]), b.deliver([0, 1, 2], 1)])
    expect(eachOffsetOnce(await a.lineage(), [span(3), span(3, 1)])).toEqual([])
  })

  test('a field of another type stops before anything is written, and both types are named', async () => {
    await using old = await BronzeFixture.open({ stream: before })
    old.source.append('events', range(0, 4).map(record))
    await old.deliver([0, 1])
    await using wrong = await old.another({ stream: declare({ value: long() }) })
    const failure = await wrong.deliver([2, 3]).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'CONTRACT_INCOMPATIBLE', retryable: false, data: { field: 'value' } })
    expect((failure as Error).message).toMatch(/value.*string.*long/)
    expect(await old.version()).toBe(1)
  })
})
