import { describe, expect, test } from 'vitest'

import { scoredPath, silverPath, summaryPath } from '../../../shared/contract/index.js'
import { rebuildGold } from '../../../shared/pipeline/gold/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { range } from '../bronze/bronzeFixture.js'
import { Death } from '../death.js'
import { ok } from '../gold/goldFixture.js'
import { process, quarantined } from '../quarantine/quarantineFixture.js'
import {
  contents,
  copyOf,
  day,
  daysOf,
  expectBalanced,
  expireAll,
  keysOf,
  maintain,
  open,
  pass,
  refine,
  send,
} from './retentionFixture.js'

const places = (f: BronzeFixture) => [silverPath(f.stream), scoredPath(f.stream), summaryPath(f.stream)]

describe('rows whose time is over', () => {
  test('go layer by layer, whole days at a time; what followers have made of them stays, nothing is computed again', async () => {
    await using f = await open()
    await pass(f, 0, 10)
    // Of bronze only rejected records are left of days that are over, and they wait still.
    const bronze = await f.read('bronze/events')
    const codes = new Set(bronze.filter(row => row['_ingest_date'] === '2025-04-03').map(row => row['_error_code']))
    expect(codes).toEqual(new Set(['EXPECTATION_FAILED']))
    expect(await quarantined(f)).toHaveLength(10)
    expect(await daysOf(f, silverPath(f.stream))).toEqual(range(5, 10))
    expect(await daysOf(f, scoredPath(f.stream))).toEqual(range(3, 10))
    expect(await daysOf(f, summaryPath(f.stream))).toEqual(range(1, 10))
    const [row] = await expectBalanced(f, 'in the end')
    expect(row).toMatchObject({
      covered_span: 60n,
      expired: 35n,
      identity: expect.stringContaining('+ expired 35') as unknown,
    })
    expect((await f.progress()).get(0)?.covered).toBe(59n)
  })

  test('are removed without a file being written, where none of them has to stay', async () => {
    await using f = await open('2 days')
    await pass(f, 0, 3)
    f.clock.advance(day)
    const written: string[] = []
    const { store } = f
    const [put, create] = [store.put.bind(store), store.create.bind(store)]
    store.put = (path, bytes) => (written.push(path), put(path, bytes))
    store.create = path => (written.push(path), create(path))
    const done = await maintain(f)
    for (const path of ['bronze/events', ...places(f)]) expect(done[path], path).toHaveProperty('expired')
    expect(written.filter(path => path.endsWith('.parquet'))).toEqual([])
    // One version a table, and no second one by the next run.
    expect(Object.values(await maintain(f)).some(detail => 'expired' in detail)).toBe(false)
  })

  test('are what the contract says, not a moment before their day is over', async () => {
    await using f = await open('2 days')
    await send(f, [{ id: 'a' }])
    await refine(f)
    f.clock.advance(3 * day - 1)
    expect(await maintain(f)).not.toHaveProperty(['silver/events', 'expired'])
    f.clock.advance(1)
    expect((await maintain(f))['silver/events']).toMatchObject({ expired: 1 })
  })

  test('that silver has not read stay until it has', async () => {
    await using f = await open('2 days')
    await send(f, [{ id: 'a' }, { id: 'b', value: -1 }])
    await refine(f)
    await send(f, [{ id: 'c' }])
    f.clock.advance(5 * day)
    expect((await maintain(f))['bronze/events']).toMatchObject({ expiryHeldBy: 'silver/events' })
    expect(await f.rows()).toHaveLength(3)
    await refine(f)
    // It came too late for silver, whose own time is as long; the counts say so.
    expect((await maintain(f))['bronze/events']).toMatchObject({ expired: 3 })
    await expectBalanced(f, 'after all')
  })

  test('are removed once by two at work, and by one that is killed at any write', async () => {
    await using f = await open()
    await pass(f, 0, 7)
    f.clock.advance(3 * day)
    const expected = await copyOf(f)
    await expireAll(expected.lake, f.stream)
    const wanted = await contents(expected)
    let kills = 0
    for (const takesEffect of [false, true]) {
      for (let at = 0; ; at++) {
        const one = await copyOf(f)
        const death = new Death(at, takesEffect)
        await expireAll(await process(one, new FaultyStore(one.store, death)), f.stream).catch(() => undefined)
        if (death.writes <= at) break
        kills++
        const note = `write ${at}${takesEffect ? ', which took effect' : ''}`
        await expectBalanced(one, `${note}, before it is called again`)
        await expireAll(one.lake, f.stream)
        expect(await contents(one), note).toEqual(wanted)
        await expectBalanced(one, note)
      }
    }
    expect(kills).toBeGreaterThan(8)
    const two = await copyOf(f)
    await Promise.all([expireAll(two.lake, f.stream), expireAll(await process(two), f.stream)])
    expect(await contents(two)).toEqual(wanted)
    await expectBalanced(two, 'two at once')
  })
})

describe('tables that are made again', () => {
  test('keep rows whose source has lost its own: silver those of bronze, gold those of silver', async () => {
    await using f = await open()
    await pass(f, 0, 9)
    const before = await contents(f)
    ok([await rebuildSilver(f.lake, f.stream)])
    expect((await contents(f))['silver']).toEqual(before['silver'])
    await expectBalanced(f, 'silver, and gold behind it')
    ok(await rebuildGold(f.lake, f.stream))
    expect(await contents(f)).toEqual(before)
    await expectBalanced(f, 'gold')
    await pass(f, 9, 11)
    expect(await daysOf(f, silverPath(f.stream))).toEqual(range(6, 11))
    expect(await daysOf(f, summaryPath(f.stream))).toEqual(range(2, 11))
  })

  test('begin with what is there, where they were lost', async () => {
    await using f = await open()
    await pass(f, 0, 6)
    for (const folder of ['silver/', 'gold/'])
      for await (const { path } of f.store.list(folder)) await f.store.delete(path)
    await using g = await f.another({ settings: { DUCKDB_MEMORY_LIMIT: '256MB' } })
    await expectBalanced(g, 'made from what bronze has')
    expect(await daysOf(g, silverPath(f.stream))).toEqual(range(3, 6))
  })

  test('a row that is gone does not come back by an older version of its table, nor is one there twice', async () => {
    await using f = await open()
    await pass(f, 0, 6)
    const { restoreTable } = await import('../../../shared/delta/dml/index.js')
    const silver = f.lake.table(silverPath(f.stream))
    const version = (await silver.state({ fresh: true }))?.version ?? 0
    f.clock.advance(day)
    await maintain(f)
    await refine(f)
    const before = await contents(f)
    await restoreTable(silver, { version }, { clock: f.clock })
    expect((await keysOf(f)).length).toBeGreaterThan(before['silver']?.length ?? 0)
    await refine(f)
    expect((await contents(f))['scored']).toEqual(before['scored'])
    expect((await contents(f))['summary']).toEqual(before['summary'])
    await maintain(f)
    ok([await rebuildSilver(f.lake, f.stream)])
    await expectBalanced(f, 'rebuilt')
    expect(await contents(f)).toEqual(before)
  })
})
