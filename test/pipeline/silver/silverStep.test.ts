import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, double, silverPath, timestamp } from '../../../shared/contract/index.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { type Given, hour, minute, SilverFixture } from './silverFixture.js'

const ok = async (report: ReturnType<typeof refineSilver>) => {
  const done = await report
  if (done.outcome === 'failed') throw new Error(done.error?.message)
  return done
}
const refine = (fixture: SilverFixture, options?: Parameters<typeof refineSilver>[2]) =>
  ok(refineSilver(fixture.lake, events, options))
const at = (id: string, hours: number, more: Given = {}): Given => ({
  id,
  at: BigInt(Math.round(hours * 3600)) * 1_000_000n,
  ...more,
})

describe('duplicates', () => {
  test('a key repeated inside one batch is taken once, the first by ingestion', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([
      [at('a', 1, { ingestedAt: 50n * hour, value: 2 }), at('a', 2, { ingestedAt: 49n * hour, value: 3 }), at('b', 1)],
    ])
    const report = await refine(f)
    expect(report.detail).toMatchObject({ valid: 3, inserted: 2, duplicates: 1 })
    expect((await f.silver()).map(r => [r['event_id'], r['value']])).toEqual([
      ['a', 3],
      ['b', 1],
    ])
  })

  test('a tie of ingestion times is broken by partition and offset', async () => {
    await using f = await SilverFixture.open()
    const same = { ingestedAt: 50n * hour }
    await f.bronze([
      [
        at('a', 1, { ...same, partition: 1, offset: 0n, value: 1 }),
        at('a', 1, { ...same, partition: 0, offset: 9n, value: 2 }),
        at('a', 1, { ...same, partition: 0, offset: 8n, value: 3 }),
      ],
    ])
    await refine(f)
    expect((await f.silver()).map(r => r['value'])).toEqual([3])
  })

  test('a key that silver has already is dropped, across batches', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1), at('b', 1)]])
    await refine(f)
    await f.bronze([[at('a', 5), at('c', 1)]])
    expect((await refine(f)).detail).toMatchObject({ inserted: 1, duplicates: 1 })
    expect(await f.accepted()).toEqual(['a@1', 'b@1', 'c@1'])
  })

  test('a duplicate on the other side of midnight is found', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 23.9), at('b', 24.1)]])
    await refine(f)
    await f.bronze([[at('a', 24.1), at('b', 23.9)]])
    expect((await refine(f)).detail).toMatchObject({ inserted: 0, duplicates: 2 })
    expect(await f.accepted()).toEqual(['a@23.9', 'b@24.1'])
  })

  test('beyond the window the same key is another event; at its very edge it is not', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 0), at('b', 0), at('c', 30)]])
    await refine(f)
    await f.bronze([[at('a', 24), at('b', 24.01), at('c', 5.99)]])
    await refine(f)
    expect(await f.accepted()).toEqual(['a@0', 'b@0', 'c@30', 'b@24.01', 'c@5.99'])
  })

  test('a chain is compared row by row: what was dropped drops nobody', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 0), at('a', 20), at('a', 30), at('a', 53), at('a', 55)]])
    expect((await refine(f)).detail).toMatchObject({ valid: 5, inserted: 3, duplicates: 2 })
    expect(await f.accepted()).toEqual(['a@0', 'a@30', 'a@55'])
    await f.bronze([[at('a', 80), at('a', 79), at('a', -30), at('a', -24)]])
    await refine(f)
    expect(await f.accepted()).toEqual(['a@0', 'a@30', 'a@55', 'a@80', 'a@-30'])
  })

  test('random batches give what comparing row by row gives', async () => {
    const random = new Random()
    await using f = await SilverFixture.open()
    const window = 24n * hour
    const kept: { id: string; at: bigint }[] = []
    for (let batch = 0; batch < 6; batch++) {
      const files = Array.from({ length: 2 }, () =>
        Array.from({ length: 30 }, () => at(`k${random.below(12)}`, random.below(200))),
      )
      for (const row of files.flat()) {
        const { id, at: time } = row as { id: string; at: bigint }
        const near = kept.some(k => k.id === id && (k.at > time ? k.at - time : time - k.at) <= window)
        if (!near) kept.push({ id, at: time })
      }
      await f.bronze(files)
      await refine(f, batch % 2 === 0 ? {} : { rowsPerFile: 3 })
    }
    const expected = kept.map(k => `${k.id}@${Number(k.at) / Number(hour)}`)
    expect((await f.accepted()).toSorted(), seedNote).toEqual(expected.toSorted())
    const before = (await f.accepted()).toSorted()
    const rebuilt = await ok(rebuildSilver(f.lake, events, { maxRows: 40 }))
    expect(rebuilt.detail).toMatchObject({ valid: 360, inserted: expected.length })
    expect((await f.accepted()).toSorted(), `${seedNote}, rebuilt`).toEqual(before)
  })
})

describe('rows', () => {
  test('tombstones and quarantined records are not silver', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1), { tombstone: true }, { error: 'NOT_JSON' }], [{ error: 'FIELD_TYPE' }]])
    expect((await refine(f)).detail).toMatchObject({ valid: 1, inserted: 1 })
    expect(await f.accepted()).toEqual(['a@1'])
  })

  test('a batch of nothing but bad records moves the cursor', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ error: 'NOT_JSON' }]])
    expect(await refine(f)).toMatchObject({ outcome: 'committed', rowsIn: 1, rowsOut: 0 })
    expect(await refine(f)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('late is more than the allowance after the event, not the allowance itself', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1, { kafkaAt: hour + 10n * minute }), at('b', 1, { kafkaAt: hour + 10n * minute + 1n })]])
    expect((await refine(f)).detail).toMatchObject({ late: 1 })
    expect((await f.silver()).map(r => r['_late'])).toEqual([false, true])
  })

  test('a file holds one day, sorted by clusterBy, split when it would grow too large', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([
      Array.from({ length: 20 }, (_, i) =>
        at(`k${i}`, i % 2 === 0 ? 1 + i / 10 : 25 + i / 10, { type: i % 3 === 0 ? 'view' : 'buy' }),
      ),
    ])
    await refine(f, { rowsPerFile: 4 })
    const { files } = (await f.lake.table(silverPath(events)).snapshot()) ?? { files: [] }
    expect(files.map(a => a.partitionValues['_event_date']).toSorted()).toEqual([
      ...Array<string>(3).fill('2025-04-01'),
      ...Array<string>(3).fill('2025-04-02'),
    ])
    const stats = files.map(
      a =>
        JSON.parse(a.stats ?? '{}') as {
          numRecords: number
          minValues: Record<string, string>
          maxValues: Record<string, string>
        },
    )
    expect(stats.reduce((sum, s) => sum + s.numRecords, 0)).toBe(20)
    expect(stats.every(s => s.numRecords <= 4)).toBe(true)
    expect(stats.filter(s => s.minValues['event_type'] === s.maxValues['event_type']).length).toBeGreaterThanOrEqual(4)
  })

  test('lineage and exact values come through', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1, { partition: 3, offset: 9007199254740993n, generation: 2, value: 0.1 })]])
    await refine(f)
    expect(await f.silver()).toMatchObject([
      { _topic: 'events', _partition: 3, _offset: 9007199254740993n, _generation: 2, value: 0.1, _event_date: 20179 },
    ])
  })
})

describe('the cursor', () => {
  test('the same rows are never read twice', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1)]])
    expect(await refine(f)).toMatchObject({ outcome: 'committed', rowsIn: 1 })
    expect(await refine(f)).toMatchObject({ outcome: 'nothingToDo' })
    expect(await f.accepted()).toEqual(['a@1'])
  })

  test('one version may take several runs', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([
      [at('a', 1), at('b', 1)],
      [at('c', 1), at('a', 2)],
      [at('d', 1), at('b', 2)],
    ])
    await f.bronze([[at('e', 1)]])
    expect(await refine(f, { maxRows: 2 })).toMatchObject({ rowsIn: 2, more: true })
    expect(await refine(f, { maxRows: 1 })).toMatchObject({ rowsIn: 2, rowsOut: 1, more: true })
    expect(await refine(f, { maxRows: 3 })).toMatchObject({ rowsIn: 3, rowsOut: 2, more: false })
    expect(await refine(f)).toMatchObject({ outcome: 'nothingToDo' })
    expect(await f.accepted()).toEqual(['a@1', 'b@1', 'c@1', 'd@1', 'e@1'])
  })

  test('of two instances one wins, the other finds nothing to do', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1), at('b', 1)]])
    const second = await f.other()
    const reports = await Promise.all([refine(f), ok(refineSilver(second, events))])
    expect(reports.map(r => r.outcome).toSorted()).toEqual(['committed', 'nothingToDo'])
    expect(await f.accepted()).toEqual(['a@1', 'b@1'])
  })

  test('compaction of bronze brings no row again', async () => {
    await using f = await SilverFixture.open()
    const rows = [at('a', 1), at('b', 1)]
    const old = await f.bronze([rows])
    await refine(f)
    await f.bronze([rows], { dataChange: false, remove: old })
    expect(await refine(f)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('rows taken out of bronze leave silver too', async () => {
    await using f = await SilverFixture.open()
    const old = await f.bronze([[at('a', 1), at('b', 1)]])
    await f.bronze([[at('c', 1)]])
    await refine(f)
    await f.bronze([[at('b', 1)]], { remove: old })
    expect(await refine(f)).toMatchObject({ outcome: 'committed' })
    expect((await f.accepted()).toSorted()).toEqual(['b@1', 'c@1'])
    expect(await refine(f)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('another bronze stops silver and names the remedy, and the remedy works', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1)]])
    await refine(f)
    for await (const { path } of f.lake.store.list('bronze/')) await f.lake.store.delete(path)
    await using g = await SilverFixture.open(f.lake.store)
    await g.bronze([[at('z', 1)]])
    const report = await refineSilver(g.lake, events)
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_TABLE_CHANGED', retryable: false } })
    expect(report.error?.message).toContain('lake rebuild silver')
    await ok(rebuildSilver(g.lake, events))
    expect(await g.accepted()).toEqual(['z@1'])
    expect(await refine(g)).toMatchObject({ outcome: 'nothingToDo' })
  })
})

describe('a contract that grows', () => {
  const wider = defineStream({
    name: 'events',
    topic: 'events',
    schema: z.object({
      event_id: z.string().min(1),
      event_type: z.string().min(1),
      timestamp: timestamp(),
      value: double(),
      country: z.string().nullable(),
    }),
    key: 'event_id',
    eventTime: 'timestamp',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    clusterBy: ['event_type', 'timestamp'],
  })

  test('a new nullable field evolves silver in the commit that brings it; old rows are null in it', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[at('a', 1)]])
    await refine(f)
    const table = f.lake.table('bronze/events')
    const state = await table.state({ fresh: true })
    const { bronzeSchema } = await import('../../../shared/contract/index.js')
    const { formatSchema } = await import('../../../shared/delta/index.js')
    if (state === undefined) throw new Error('no bronze')
    await table.commit({
      readVersion: state.version,
      actions: [{ metaData: { ...state.metadata, schemaString: formatSchema(bronzeSchema(wider)) } }],
      operation: 'ADD COLUMNS',
      isBlindAppend: false,
      reads: { files: 'none', appIds: () => false },
    })
    await f.bronze([[at('b', 1, { more: { country: 'NO' } }), at('a', 2)]], { stream: wider })
    await ok(refineSilver(f.lake, wider))
    expect((await f.silver(wider)).map(r => [r['event_id'], r['country']])).toEqual([
      ['a', null],
      ['b', 'NO'],
    ])
    // The writer that does not know the field yet goes on beside it.
    await f.bronze([[at('c', 1)]])
    await refine(f)
    expect((await f.silver(wider)).map(r => [r['event_id'], r['country']])).toEqual([
      ['a', null],
      ['b', 'NO'],
      ['c', null],
    ])
  })
})
