import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import { journalFolder } from '../../../shared/pipeline/lake/runJournal.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { foldRuns } from '../../../shared/pipeline/runLog/foldRuns.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { OffsetRange } from '../../../shared/sources/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { BronzeFixture, day0, isCommit, range } from '../bronze/bronzeFixture.js'

const settings = { BRONZE_MAX_COMMIT_ROWS: '10', DUCKDB_MEMORY_LIMIT: '256MB' }

const fold = async (f: BronzeFixture) => {
  await f.lake.journal.flush()
  return await foldRuns(f.lake)
}
const rows = async (f: BronzeFixture) =>
  [...(await f.read('cluster_logs'))].sort((a, b) => Number((a['start_time'] as bigint) - (b['start_time'] as bigint)))
const journal = async (f: BronzeFixture) => {
  const names: string[] = []
  for await (const { path } of f.store.list(journalFolder)) names.push(path)
  return names
}

describe('cluster_logs', () => {
  test('has each run once, however often it is folded', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 8))
    await f.deliver(range(0, 5))
    f.clock.advance(10)
    await f.deliver(range(0, 5))
    f.clock.advance(10)
    await refineSilver(f.lake, f.stream)
    await fold(f)
    expect(await fold(f)).toMatchObject({ rows: 0, version: undefined })
    const found = await rows(f)
    expect(
      found.map(r => [r['step'], r['trigger'], r['outcome'], r['rows_in'], r['rows_out'], r['table_version']]),
    ).toEqual([
      ['bronze', 'kafka', 'committed', 5n, 5n, 1n],
      ['bronze', 'kafka', 'nothingToDo', 5n, 0n, null],
      ['silver', expect.anything(), 'committed', 5n, 5n, 1n],
    ])
    expect(new Set(found.map(r => r['run_id'])).size).toBe(3)
    expect(await journal(f)).toEqual([])
  })

  test('has one row for a run of several commits, even when it is folded half way', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 35))
    let commits = 0
    const folds: number[] = []
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (...args) {
      if (isOfRange(args[1]) && commits++ === 2) folds.push((await fold(f)).rows)
      yield* read(...args)
    }
    await catchUp(f.lake, 'command')
    await fold(f)
    expect(folds).toEqual([0])
    const found = await rows(f)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      step: 'bronze',
      outcome: 'committed',
      rows_out: 35n,
      table_version: BigInt(await f.version()),
    })
  })

  test('waits for a run of a host whose clock is behind, and no longer for one whose clock is ahead', async () => {
    for (const ms of [-40 * 86_400_000, 40 * 86_400_000]) {
      await using f = await BronzeFixture.open({ settings })
      f.append(range(0, 35))
      await using skewed = await f.another({ settings, clock: new ManualClock(f.clock.now() + ms) })
      const read = f.source.read.bind(f.source)
      let reads = 0
      f.source.read = async function* (...args) {
        // Cut off after its second commit: the rest is never told.
        if (isOfRange(args[1]) && reads++ === 3) await new Promise(() => undefined)
        yield* read(...args)
      }
      void catchUp(skewed.lake, 'command')
      while ((await f.version()) < 2) await new Promise(resolve => setImmediate(resolve))
      await fold(f)
      expect(await f.read('cluster_logs')).toEqual([])
      f.clock.advance(10 * 60_000)
      await fold(f)
      expect(await f.read('cluster_logs')).toEqual([])
      f.clock.advance(6 * 60_000)
      await fold(f)
      expect(await f.read('cluster_logs')).toMatchObject([{ step: 'bronze', outcome: 'unfinished' }])
    }
  })

  test('calls a run that was cut off unfinished, when nothing was heard of it for long', async () => {
    const faults = new Faults()
    const clock = new ManualClock(day0)
    await using f = await BronzeFixture.open({
      store: new FaultyStore(new MemoryStore(clock), faults),
      clock,
      settings,
    })
    f.append(range(0, 35))
    // The process is gone: neither its commits nor its journal are heard of again.
    faults.add({ on: 'putIfAbsent', path: isCommit, after: 3, times: 1_000, fault: { kind: 'fail', retryable: false } })
    expect(await catchUp(f.lake, 'command')).toMatchObject([{ outcome: 'failed' }])
    faults.clear()
    await using other = await f.another({ settings })
    await fold(other)
    expect(await rows(other)).toEqual([])
    f.clock.advance(16 * 60_000)
    await fold(other)
    f.clock.advance(16 * 60_000)
    await fold(other)
    expect(await rows(other)).toMatchObject([{ step: 'bronze', outcome: 'unfinished' }])
  })

  test('has a failed run once, with its code, though its commits and its end are heard of apart', async () => {
    await using f = await BronzeFixture.open({ settings, partitions: 2 })
    f.append(range(0, 5))
    await catchUp(f.lake, 'command')
    f.source.truncate('events', 0, 0n)
    f.append(range(0, 8), 1)
    f.clock.advance(10)
    await catchUp(f.lake, 'command')
    // Its commit is folded before its journal is written.
    await foldRuns(f.lake)
    await fold(f)
    expect(await rows(f)).toMatchObject([
      { outcome: 'committed', rows_out: 5n },
      { outcome: 'failed', error_code: 'TOPIC_RECREATED', rows_out: 8n },
    ])
  })

  test('records a run that ended with work left by its budget as committed', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 60))
    f.slowDown(100)
    await catchUp(f.lake, 'timer', { budgetMs: 150 })
    await fold(f)
    expect(await rows(f)).toMatchObject([{ outcome: 'committed' }])
  })

  test('records journal files once, even when they could not be deleted', async () => {
    const faults = new Faults()
    await using f = await BronzeFixture.open({ store: new FaultyStore(new MemoryStore(), faults), settings })
    await catchUp(f.lake, 'timer')
    faults.add({ on: 'delete', times: 2, fault: { kind: 'fail' } })
    await fold(f)
    expect((await journal(f)).length).toBe(1)
    f.clock.advance(10)
    await catchUp(f.lake, 'timer')
    await fold(f)
    await fold(f)
    expect(await rows(f)).toHaveLength(2)
    expect(await journal(f)).toEqual([])
  })

  test('passes over a journal nobody can read', async () => {
    await using f = await BronzeFixture.open({ settings })
    await f.store.put(`${journalFolder}000000000000001-x.jsonl`, Buffer.from('{"half":'))
    await catchUp(f.lake, 'timer')
    await fold(f)
    expect(await rows(f)).toHaveLength(1)
  })

  test('two folds at once: every run once', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 8))
    await f.deliver(range(0, 8))
    await catchUp(f.lake, 'timer')
    await f.lake.journal.flush()
    await using other = await f.another({ settings })
    const folds = await Promise.all([foldRuns(f.lake), foldRuns(other.lake)])
    expect(folds.filter(one => one.contended)).toHaveLength(1)
    await fold(f)
    expect(await rows(f)).toHaveLength(2)
  })

  test('records the monitor itself, from its own commits', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 3))
    await f.deliver(range(0, 3))
    await runMonitor(f.lake, 'timer')
    f.clock.advance(10)
    await runMonitor(f.lake, 'timer')
    expect((await rows(f)).map(r => [r['step'], r['outcome']])).toEqual([
      ['bronze', 'committed'],
      ['monitor', 'committed'],
    ])
  })
})

/** Whether records are read to be ingested; a single one is read to see whether the topic is still the same. */
const isOfRange = ({ start, end }: OffsetRange) => end - start > 1n
