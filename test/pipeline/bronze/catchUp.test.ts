import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { bronzePath } from '../../../shared/contract/index.js'
import { commitInfoOf } from '../../../shared/delta/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, eventRecord, isCommit, range, span } from './bronzeFixture.js'

describe('a catch-up', () => {
  test('reads what was never delivered', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 25))
    f.append(range(0, 7), 1)
    expect(await catchUp(f.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 32 }])
    expect(eachOffsetOnce(await f.lineage(), [span(25), span(7, 1)])).toEqual([])
    expect(await catchUp(f.lake, 'command')).toMatchObject([{ outcome: 'nothingToDo', rowsOut: 0 }])
  })

  test('commits a little first, so that a process which is ended again and again gets somewhere', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 30_000))
    const done: number[] = []
    await catchUp(f.lake, 'command', { onProgress: ({ rows }) => done.push(rows) })
    expect(done[0]).toBeLessThanOrEqual(9_000)
    expect(eachOffsetOnce(await f.lineage(), [span(30_000)])).toEqual([])
  })

  test('finds a last batch that the trigger skipped, and leaves partitions alone that move', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 10))
    f.append(range(0, 10), 1)
    await f.deliver(range(0, 5))
    f.clock.advance(400_000)
    await f.deliver(range(0, 5), 1)
    await catchUp(f.lake, 'timer', { stalledForMs: 300_000 })
    expect(eachOffsetOnce(await f.lineage(), [span(10), span(5, 1)])).toEqual([])
    f.clock.advance(300_000)
    await catchUp(f.lake, 'timer', { stalledForMs: 300_000 })
    expect(eachOffsetOnce(await f.lineage(), [span(10), span(10, 1)])).toEqual([])
  })

  describe.each([
    ['ahead', 40 * 86_400_000],
    ['a little ahead', 30_000],
    ['behind', -40 * 86_400_000],
  ])('after a commit by a writer whose clock is %s', (_, ms) => {
    const skewed = async () => {
      const f = await BronzeFixture.open()
      f.append(range(0, 30))
      const other = await f.another({ clock: new ManualClock(f.clock.now() + ms) })
      await other.deliver(range(0, 10))
      return f
    }

    test.each([undefined, 60_000])('goes on (what moved within %s ms is left alone)', async stalledForMs => {
      await using f = await skewed()
      f.clock.advance(61_000)
      expect(await catchUp(f.lake, 'command', { stalledForMs })).toMatchObject([{ outcome: 'committed', rowsOut: 20 }])
      expect(eachOffsetOnce(await f.lineage(), [span(30)])).toEqual([])
    })

    test('leaves the partition alone while that writer moves it', async () => {
      await using f = await skewed()
      f.clock.advance(30_000)
      expect(await catchUp(f.lake, 'timer', { stalledForMs: 60_000 })).toMatchObject([{ outcome: 'nothingToDo' }])
    })
  })

  test('goes on when its own clock is wrong, or the storage dates commits in the future', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 30))
    f.clock.advance(40 * 86_400_000)
    await f.deliver(range(0, 10))
    f.clock.advance(-40 * 86_400_000)
    expect(await catchUp(f.lake, 'timer', { stalledForMs: 60_000 })).toMatchObject([
      { outcome: 'committed', rowsOut: 20 },
    ])
  })

  test('ends on the covered position: a trailing transaction marker is covered, an open transaction waited for', async () => {
    await using f = await BronzeFixture.open()
    const done = f.source.begin()
    done.append(
      'events',
      [0, 1].map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    done.commit()
    const open = f.source.begin()
    open.append(
      'events',
      [3, 4].map(n => ({ ...eventRecord(n), partition: 0 })),
    )
    await catchUp(f.lake, 'timer')
    expect((await f.progress()).get(0)).toMatchObject({ covered: 2n, holes: 1n, missing: 0n })
    expect(await catchUp(f.lake, 'timer')).toMatchObject([{ outcome: 'nothingToDo' }])
    open.commit()
    await catchUp(f.lake, 'timer')
    expect(eachOffsetOnce(await f.lineage(), [span(6, 0, { absent: [2, 5] })])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 5n, holes: 2n, missing: 0n })
  })

  test('records as missing what retention took, even when nothing is left to read', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(0, 4))
    f.source.deleteRecords('events', 0, 10n)
    expect(await catchUp(f.lake, 'timer')).toMatchObject([{ outcome: 'committed', rowsOut: 0, detail: { missing: 6 } }])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 9n, missing: 6n })
    expect(await catchUp(f.lake, 'timer')).toMatchObject([{ outcome: 'nothingToDo' }])
  })

  test('is not taken for a recreated topic because another writer is ahead of the ends it looked up', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    await using other = await f.another()
    const offsets = f.source.offsets.bind(f.source)
    let first = true
    f.source.offsets = async topic => {
      const logs = await offsets(topic)
      if (first) {
        first = false
        f.append(range(10, 20))
        await other.deliver(range(10, 20))
      }
      return logs
    }
    const [report] = await catchUp(f.lake, 'timer')
    expect(report?.error).toBeUndefined()
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
  })

  test('up to given offsets is not taken for a recreated topic when they are covered already', async () => {
    await using f = await BronzeFixture.open()
    f.append(range(0, 10))
    await f.deliver(range(0, 10))
    expect(await catchUp(f.lake, 'timer', { until: new Map([[0, 4n]]) })).toMatchObject([{ outcome: 'nothingToDo' }])
  })

  test('stops a recreated partition after the healthy ones are ingested', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 10))
    f.append(range(0, 10), 1)
    await catchUp(f.lake, 'command')
    f.source.truncate('events', 0, 3n)
    f.append(range(10, 20), 1)
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    expect(report?.error?.message).toContain('partition 0')
    expect(eachOffsetOnce(await f.lineage(), [span(10), span(20, 1)])).toEqual([])
  })

  test('that fails between its commits reports those that stand', async () => {
    const faults = new Faults()
    await using f = await BronzeFixture.open({
      store: new FaultyStore(new MemoryStore(), faults),
      settings: { BRONZE_MAX_COMMIT_ROWS: '10' },
    })
    f.append(range(0, 5))
    await catchUp(f.lake, 'command')
    f.append(range(5, 40))
    faults.add({ on: 'putIfAbsent', path: isCommit, after: 2, times: 100, fault: { kind: 'fail', retryable: false } })
    const [report] = await catchUp(f.lake, 'command')
    const rows = (await f.lineage()).length - 5
    expect(rows).toBeGreaterThan(0)
    const version = await f.version()
    expect(report).toMatchObject({ outcome: 'failed', rowsIn: rows, rowsOut: rows, version, detail: { commits: 2 } })
  })

  test('that fails before its first commit reports none', async () => {
    const faults = new Faults()
    await using f = await BronzeFixture.open({ store: new FaultyStore(new MemoryStore(), faults) })
    f.append(range(0, 5))
    await catchUp(f.lake, 'command')
    f.append(range(5, 10))
    faults.add({ on: 'putIfAbsent', path: isCommit, times: 100, fault: { kind: 'fail', retryable: false } })
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ outcome: 'failed', rowsIn: 0, rowsOut: 0, detail: {} })
    expect(report?.version).toBeUndefined()
  })

  test('records its run in its commits: the last one says so', async () => {
    await using f = await BronzeFixture.open({ settings: { BRONZE_MAX_COMMIT_ROWS: '10' } })
    f.append(range(0, 35))
    await catchUp(f.lake, 'command')
    const said: { runId: string; final: boolean; rowsOut: number }[] = []
    for await (const { actions } of f.lake.table(bronzePath(f.stream)).commits(1)) {
      said.push((commitInfoOf(actions)?.['lake'] as { run: (typeof said)[number] }).run)
    }
    expect(new Set(said.map(s => s.runId)).size).toBe(1)
    expect(said.map(s => s.final)).toEqual([...said.slice(1).map(() => false), true])
    expect(Number(said.at(-1)?.rowsOut)).toBe(35)
  })

  test('within a budget stops, says that more is left, and goes on at the next call', async () => {
    await using f = await BronzeFixture.open({ settings: { BRONZE_MAX_COMMIT_ROWS: '10' } })
    f.append(range(0, 100))
    f.slowDown(100)
    const [report] = await catchUp(f.lake, 'timer', { budgetMs: 300 })
    expect(report).toMatchObject({ outcome: 'committed', more: true })
    expect(report?.rowsOut).toBeLessThan(60)
    await catchUp(f.lake, 'command')
    expect(eachOffsetOnce(await f.lineage(), [span(100)])).toEqual([])
  })
})

describe('after the offsets were reset', () => {
  test('a recreated topic is ingested under its next generation, by deliveries and catch-ups, and old rows stay', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(range(0, 10))
    f.append(range(0, 6), 1)
    await catchUp(f.lake, 'command')
    f.source.recreateTopic('events')
    f.append(range(100, 104))
    f.append(range(200, 203), 1)
    expect(await f.deliver(range(0, 4))).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    await resetOffsets(f.lake, f.stream)
    await f.deliver(range(0, 4))
    await catchUp(f.lake, 'command')
    expect(
      eachOffsetOnce(await f.lineage(), [
        span(10),
        span(6, 1),
        span(4, 0, { generation: 1 }),
        span(3, 1, { generation: 1 }),
      ]),
    ).toEqual([])
  })

  test('what a writer had planned on the old generation is thrown away', async () => {
    const faults = new Faults()
    await using f = await BronzeFixture.open({ store: new FaultyStore(new MemoryStore(), faults) })
    f.append(range(0, 10))
    await f.deliver(range(0, 5))
    await using other = await f.another()
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await resetOffsets(other.lake, f.stream)
        },
      },
    })
    await f.deliver(range(5, 10))
    expect(eachOffsetOnce(await f.lineage(), [span(5), span(10, 0, { generation: 1 })])).toEqual([])
  })
})
