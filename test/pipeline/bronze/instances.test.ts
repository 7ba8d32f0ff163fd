import { describe, expect, test } from 'vitest'

import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, isCommit, range, span } from './bronzeFixture.js'

describe('several instances on one table', () => {
  test('that create it at once find one table', async () => {
    await using a = await BronzeFixture.open({ partitions: 2 })
    await using b = await a.another()
    a.append(range(0, 5))
    a.append(range(0, 5), 1)
    await Promise.all([a.deliver(range(0, 5)), b.deliver(range(0, 5), 1)])
    expect(eachOffsetOnce(await a.lineage(), [span(5), span(5, 1)])).toEqual([])
  })

  test("with partitions of their own do not stand in each other's way", async () => {
    await using base = await BronzeFixture.open({ partitions: 4 })
    const all = [base, await base.another(), await base.another(), await base.another()]
    for (const p of range(0, 4)) base.append(range(0, 40), p)
    await Promise.all(
      all.map(async (f, p) => {
        for (let at = 0; at < 40; at += 5) await f.deliver(range(at, at + 5), p)
      }),
    )
    expect(
      eachOffsetOnce(
        await base.lineage(),
        range(0, 4).map(p => span(40, p)),
      ),
    ).toEqual([])
    expect(await base.version()).toBe(32)
  })

  test('given the same delivery insert it once', async () => {
    await using a = await BronzeFixture.open()
    await using b = await a.another()
    await using c = await a.another()
    a.append(range(0, 20))
    await Promise.all([a.deliver(range(0, 20)), b.deliver(range(0, 20)), c.deliver(range(5, 20))])
    expect(eachOffsetOnce(await a.lineage(), [span(20)])).toEqual([])
    expect((await a.progress()).get(0)?.covered).toBe(19n)
  })

  test('a partition that moved to another instance between plan and commit: only the rest is inserted', async () => {
    const faults = new Faults()
    const store = new FaultyStore(new MemoryStore(), faults)
    await using a = await BronzeFixture.open({ store, partitions: 2 })
    await using b = await a.another()
    a.append(range(0, 20))
    a.append(range(0, 20), 1)
    await a.deliver(range(0, 5))
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await b.deliver(range(3, 12))
        },
      },
    })
    const both = { records: [...(await a.fetch(range(5, 20))), ...(await a.fetch(range(0, 20), 1))], reread: [] }
    await ingestBatch(a.lake, a.stream, both, 'kafka')
    expect(faults.struck).toBe(1)
    expect(eachOffsetOnce(await a.lineage(), [span(20), span(20, 1)])).toEqual([])
  })

  test('a catch-up overtaken by the trigger goes on behind it', async () => {
    const faults = new Faults()
    const store = new FaultyStore(new MemoryStore(), faults)
    await using a = await BronzeFixture.open({ store, settings: { BRONZE_MAX_COMMIT_ROWS: '10' } })
    await using b = await a.another()
    a.append(range(0, 100))
    await a.deliver(range(0, 5))
    for (const [after, from, to] of [
      [0, 0, 30],
      [2, 20, 60],
      [1, 55, 100],
    ] as const) {
      faults.add({
        on: 'putIfAbsent',
        path: isCommit,
        after,
        fault: {
          kind: 'interleave',
          first: async () => {
            await b.deliver(range(from, to))
          },
        },
      })
    }
    await catchUp(a.lake, 'timer')
    expect(eachOffsetOnce(await a.lineage(), [span(100)])).toEqual([])
  })

  test('four catch-ups of the same partitions at once insert every offset once', async () => {
    await using base = await BronzeFixture.open({ partitions: 3, settings: { BRONZE_MAX_COMMIT_ROWS: '20' } })
    for (const p of range(0, 3)) base.append(range(0, 90), p)
    const all = [base]
    for (let n = 0; n < 3; n++) all.push(await base.another({ settings: { BRONZE_MAX_COMMIT_ROWS: '20' } }))
    await Promise.all(all.map(f => catchUp(f.lake, 'timer')))
    await catchUp(base.lake, 'timer')
    expect(
      eachOffsetOnce(
        await base.lineage(),
        range(0, 3).map(p => span(90, p)),
      ),
    ).toEqual([])
  })
})
