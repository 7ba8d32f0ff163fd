import { describe, expect, test } from 'vitest'

import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, isCommit, range, span } from './bronzeFixture.js'

describe('storage that fails', () => {
  const open = async () => {
    const faults = new Faults()
    return Object.assign(await BronzeFixture.open({ store: new FaultyStore(new MemoryStore(), faults) }), { faults })
  }

  test('a lost answer to our own commit is not a conflict', async () => {
    await using f = await open()
    const { faults } = f
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' } })
    expect(await f.deliver(range(5, 10))).toMatchObject({ outcome: 'committed', rowsOut: 5 })
    expect(faults.struck).toBe(1)
    expect(await f.version()).toBe(2)
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
  })

  test('a layer below that met its own first write is not a conflict', async () => {
    await using f = await open()
    const { faults } = f
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'meetOwnWrite' } })
    await f.deliver(range(5, 10))
    expect(await f.version()).toBe(2)
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
  })

  test.each(['put', 'create', 'write', 'close', 'list', 'get'] as const)(
    'in the middle (%s) is an error that says to try again, and the same delivery then is fine',
    async on => {
      await using f = await open()
      const { faults } = f
      f.append(range(0, 10))
      await f.deliver(range(0, 5))
      await using other = await f.another()
      faults.add({ on, times: 100, fault: { kind: 'fail' } })
      const failed = await other.deliver(range(5, 10)).then(
        () => undefined,
        (error: unknown) => error,
      )
      const struck = faults.struck
      faults.clear()
      if (struck > 0) expect(failed).toMatchObject({ retryable: true })
      await other.deliver(range(5, 10))
      expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
    },
  )
})

describe('bounds', () => {
  test('no commit has more rows than BRONZE_MAX_COMMIT_ROWS', async () => {
    await using f = await BronzeFixture.open({ partitions: 3, settings: { BRONZE_MAX_COMMIT_ROWS: '7' } })
    for (const p of [0, 1, 2]) f.append(range(0, 25), p)
    const records = (await Promise.all([0, 1, 2].map(p => f.fetch(range(0, 8), p)))).flat()
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    await f.deliver(range(20, 25), 1)
    await catchUp(f.lake, 'timer')
    expect(eachOffsetOnce(await f.lineage(), [span(25), span(25, 1), span(25, 2)])).toEqual([])
    expect(Math.max(...(await f.reported()).map(t => t.rows))).toBeLessThanOrEqual(7)
  })

  test('a long gap is repaired in chunks, stops at half of the poll interval, and goes on where it stopped', async () => {
    await using f = await BronzeFixture.open({
      settings: { BRONZE_MAX_COMMIT_ROWS: '10', KAFKA_MAX_POLL_INTERVAL_MS: '10000' },
    })
    f.append(range(0, 200))
    await f.deliver(range(0, 2))
    f.slowDown(1_000)
    const records = await f.fetch(range(195, 200))
    await expect(ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')).rejects.toMatchObject({
      code: 'REPAIR_UNFINISHED',
      retryable: true,
    })
    const first = (await f.progress()).get(0)?.covered ?? 0n
    expect(first).toBeGreaterThan(10n)
    expect(first).toBeLessThan(190n)
    for (let n = 0; n < 50; n++) {
      const end = await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka').catch((error: unknown) => error)
      if (!(end instanceof Error)) break
      expect(end).toMatchObject({ code: 'REPAIR_UNFINISHED' })
    }
    expect(eachOffsetOnce(await f.lineage(), [span(200)])).toEqual([])
  })

  test('commits of one process keep the smallest interval', async () => {
    await using f = await BronzeFixture.open({ settings: { BRONZE_MIN_COMMIT_INTERVAL: '5000' } })
    f.append(range(0, 9))
    await f.deliver(range(0, 3))
    const start = f.clock.now()
    await f.deliver(range(3, 6))
    expect(f.clock.now() - start).toBe(5_000)
    f.clock.advance(7_000)
    const later = f.clock.now()
    await f.deliver(range(6, 9))
    expect(f.clock.now()).toBe(later)
  })
})
