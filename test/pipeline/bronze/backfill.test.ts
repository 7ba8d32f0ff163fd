import { describe, expect, test } from 'vitest'

import { defineStream, type Stream } from '../../../shared/contract/index.js'
import { backfill, backfillPlan, type BackfillRequest, catchUp } from '../../../shared/pipeline/bronze/index.js'
import type { PartitionProgress } from '../../../shared/pipeline/bronze/progress.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/index.js'
import { pauseStream } from '../../../shared/pipeline/pause/index.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { Death } from '../death.js'
import { ok } from '../gold/goldFixture.js'
import { BronzeFixture, day0, type FixtureParts, isCommit, range, span } from './bronzeFixture.js'

const settings = { DUCKDB_MEMORY_LIMIT: '256MB', BRONZE_MAX_COMMIT_ROWS: '10' }
const latest: Stream = { ...events, model: undefined, startFrom: 'latest' }

const from = (...offsets: readonly (readonly [number, number])[]): BackfillRequest => ({
  offsets: new Map(offsets.map(([partition, offset]) => [partition, BigInt(offset)])),
})

/** A stream that began at the topic's end, when it had forty records, and has twenty more since. */
async function begunLate(parts: FixtureParts = {}): Promise<BronzeFixture> {
  const f = await BronzeFixture.open({ stream: latest, settings, ...parts })
  f.append(range(0, 40))
  ok(await catchUp(f.lake, 'command'))
  f.append(range(40, 60))
  ok(await catchUp(f.lake, 'command'))
  return f
}

/** Offsets 10 to 29 were deleted before bronze read them, and are there again. */
async function withGap(parts: FixtureParts = {}): Promise<BronzeFixture> {
  const f = await BronzeFixture.open({ stream: { ...events, model: undefined }, settings, ...parts })
  f.append(range(0, 10))
  ok(await catchUp(f.lake, 'command'))
  f.append(range(10, 40))
  const whole = f.source.offsets.bind(f.source)
  const survey = f.source.survey.bind(f.source)
  const cut = <T extends { readonly start: bigint }>(log: T): T => ({ ...log, start: 30n })
  f.source.offsets = async topic => (await whole(topic)).map(cut)
  f.source.survey = async topic => {
    const found = await survey(topic)
    return { ...found, partitions: found.partitions.map(cut) }
  }
  ok(await catchUp(f.lake, 'command'))
  f.source.offsets = whole
  f.source.survey = survey
  expect((await f.progress()).get(0)).toMatchObject({ covered: 39n, missing: 20n })
  return f
}

const run = async (f: BronzeFixture, request: BackfillRequest) =>
  backfill(f.lake, f.stream, await backfillPlan(f.lake, f.stream, request))

/** How many commits of a process on bronze another writer has won. */
function conflictsOf({ lake }: BronzeFixture): { readonly count: number } {
  const table = lake.table('bronze/events')
  const commit = table.commit.bind(table)
  const found = { count: 0 }
  table.commit = async transaction => {
    const outcome = await commit(transaction)
    if (outcome.kind === 'conflict') found.count++
    return outcome
  }
  return found
}

async function expectWhole(f: BronzeFixture, end: number, note = seedNote, start = 0): Promise<void> {
  expect(eachOffsetOnce(await f.lineage(), [span(end, 0, { start })]), note).toEqual([])
  ok([await refineSilver(f.lake, f.stream)])
  f.clock.advance(1_000)
  ok(await runMonitor(f.lake, 'timer'))
  const rows = await f.read('monitor_logs')
  const last = rows.map(row => row['run_time'] as bigint).reduce((a, b) => (a > b ? a : b))
  for (const row of rows.filter(one => one['run_time'] === last))
    expect([row['table_name'], row['identity_closed'], row['identity']], note).not.toContain(false)
}

describe('what lies before the offset that a table began with', () => {
  test('is read once, down to the offset asked for, and the table begins there from then on', async () => {
    await using f = await begunLate()
    await expectWhole(f, 60, 'before', 40)
    const plan = await backfillPlan(f.lake, f.stream, from([0, 15]))
    expect(plan.ranges).toEqual([
      { partition: 0, generation: 0, newestGeneration: 0, start: 15n, end: 40n, missingFrom: undefined },
    ])
    expect(await run(f, from([0, 15]))).toMatchObject({ outcome: 'committed', rowsOut: 25, detail: { offsets: 25 } })
    expect((await f.progress()).get(0)).toMatchObject({ start: 15n, covered: 59n, missing: 0n, holes: 0n })
    await expectWhole(f, 60, 'from 15', 15)
    expect(await run(f, from([0, 0]))).toMatchObject({ rowsOut: 15 })
    await expectWhole(f, 60, 'from 0')
    const version = await f.version()
    expect(await run(f, from([0, 0]))).toMatchObject({ outcome: 'nothingToDo' })
    expect(await f.version()).toBe(version)
  })

  test('is found by a time, in all partitions', async () => {
    await using f = await BronzeFixture.open({ stream: latest, settings, partitions: 2 })
    f.append(range(0, 10), 0)
    f.append(range(10, 20), 1)
    ok(await catchUp(f.lake, 'command'))
    f.append(range(20, 25), 0)
    ok(await catchUp(f.lake, 'command'))
    const { ranges } = await backfillPlan(f.lake, f.stream, { time: day0 + 5_000 })
    expect(ranges.map(({ partition, start, end }) => [partition, start, end])).toEqual([
      [0, 5n, 10n],
      [1, 0n, 10n],
    ])
    await run(f, { time: day0 + 5_000 })
    expect(eachOffsetOnce(await f.lineage(), [span(15, 0, { start: 5 }), span(10, 1)])).toEqual([])
  })

  test('counts what the topic has no more neither as read nor as missing, while it is read too', async () => {
    await using f = await begunLate()
    f.source.deleteRecords('events', 0, 5n)
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect(plan.gone).toEqual([{ partition: 0, start: 0n, end: 5n }])
    const read = f.source.read.bind(f.source)
    let reads = 0
    f.source.read = (...args) => {
      if (++reads === 3) f.source.deleteRecords('events', 0, 18n)
      return read(...args)
    }
    ok([await backfill(f.lake, f.stream, plan)])
    expect((await f.progress()).get(0)).toMatchObject({ start: 18n, missing: 0n })
    await expectWhole(f, 60, 'what is left', 18)
  })

  test('is nothing gone where the topic begins with just what is asked for', async () => {
    await using f = await begunLate()
    f.source.deleteRecords('events', 0, 15n)
    const plan = await backfillPlan(f.lake, f.stream, from([0, 15]))
    expect(plan.gone).toEqual([])
    expect(plan.ranges).toMatchObject([{ start: 15n, end: 40n }])
  })

  test('has holes where the topic has them, and bad records with their reasons', async () => {
    await using f = await BronzeFixture.open({ stream: latest, settings })
    f.append(range(0, 3))
    const transaction = f.source.begin()
    transaction.append('events', [{ key: null, value: Buffer.from('x'), partition: 0 }])
    transaction.abort()
    f.source.append('events', [{ key: null, value: Buffer.from('{broken'), timestamp: day0, partition: 0 }])
    ok(await catchUp(f.lake, 'command'))
    f.append(range(10, 12))
    ok(await catchUp(f.lake, 'command'))
    await run(f, from([0, 0]))
    expect((await f.progress()).get(0)).toMatchObject({ start: 0n, holes: 2n })
    expect((await f.rows()).filter(row => row['_error_code'] === 'NOT_JSON')).toHaveLength(1)
    f.clock.advance(1_000)
    ok([await refineSilver(f.lake, f.stream), ...(await runMonitor(f.lake, 'timer'))])
    expect((await f.read('monitor_logs')).find(row => row['layer'] === 'bronze')?.['identity_closed']).toBe(true)
  })

  test('is nothing that the newest generation reads by itself', async () => {
    for (const made of [begunLate, withGap]) {
      await using f = await made()
      await resetOffsets(f.lake, f.stream)
      expect((await backfillPlan(f.lake, f.stream, from([0, 0]))).ranges).toEqual([])
      ok(await catchUp(f.lake, 'command'))
      const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
      expect([plan.ranges, [...plan.unknown]]).toEqual([[], []])
    }
  })

  test('is not what an earlier generation of the same topic has', async () => {
    await using f = await BronzeFixture.open({ stream: latest, settings })
    f.append(range(0, 10))
    ok(await catchUp(f.lake, 'command'))
    f.append(range(10, 20))
    ok(await catchUp(f.lake, 'command'))
    await eraseKeys(f.lake, f.stream, ['12'])
    f.append(range(20, 30))
    f.source.deleteRecords('events', 0, 25n)
    await resetOffsets(f.lake, f.stream)
    ok(await catchUp(f.lake, 'command'))
    expect((await backfillPlan(f.lake, f.stream, from([0, 0]))).ranges).toEqual([])
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect(plan.gone.map(({ start, end }) => [start, end])).toEqual([
      [20n, 25n],
      [0n, 10n],
    ])
    expect((await f.rows()).filter(row => row['event_id'] === '12')).toEqual([])
  })

  test('keeps its place among silver’s rows: the first that was ingested stays, and a rebuild gives the same', async () => {
    await using f = await BronzeFixture.open({ stream: latest, settings })
    f.append([1, 2])
    ok(await catchUp(f.lake, 'command'))
    f.append([2, 3])
    ok(await catchUp(f.lake, 'command'))
    ok([await refineSilver(f.lake, f.stream)])
    f.clock.advance(1_000)
    await run(f, from([0, 0]))
    await expectWhole(f, 4)
    const offsets = async () => (await f.read('silver/events')).map(row => row['_offset']).toSorted()
    expect(await offsets()).toEqual([0n, 2n, 3n])
    ok([await rebuildSilver(f.lake, f.stream)])
    expect(await offsets()).toEqual([0n, 2n, 3n])
  })
})

describe('what is recorded as missing', () => {
  test('is read once where the topic has it again, wholly or from an offset on', async () => {
    await using f = await withGap()
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect(plan.ranges).toEqual([
      { partition: 0, generation: 0, newestGeneration: 0, start: 10n, end: 30n, missingFrom: 10n },
    ])
    expect(await run(f, from([0, 22]))).toMatchObject({ rowsOut: 8, detail: { recovered: 8 } })
    expect((await f.progress()).get(0)).toMatchObject({ covered: 39n, missing: 12n })
    expect(eachOffsetOnce(await f.lineage(), [span(40, 0, { absent: range(10, 22) })])).toEqual([])
    expect(await run(f, from([0, 0]))).toMatchObject({ rowsOut: 12 })
    expect((await f.progress()).get(0)).toMatchObject({ covered: 39n, missing: 0n })
    await expectWhole(f, 40)
    expect((await backfillPlan(f.lake, f.stream, from([0, 0]))).ranges).toEqual([])
  })

  test('and is still not there is said, and stays missing', async () => {
    await using f = await withGap()
    f.source.deleteRecords('events', 0, 30n)
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect([plan.ranges, plan.gone]).toEqual([[], [{ partition: 0, start: 10n, end: 30n }]])
    expect(await backfill(f.lake, f.stream, plan)).toMatchObject({ outcome: 'nothingToDo' })
    expect((await f.progress()).get(0)?.missing).toBe(20n)
  })
})

describe('a backfill', () => {
  test('that is killed at any write is finished by the next one, each offset once', async () => {
    for (const made of [begunLate, withGap]) {
      let kills = 0
      for (const takesEffect of [false, true]) {
        for (let at = 0; ; at++) {
          const store = new MemoryStore()
          await using f = await made({ store })
          const end = Number((await f.progress()).get(0)?.covered) + 1
          const death = new Death(at, takesEffect)
          const dying = await f.another({ store: new FaultyStore(store, death), settings })
          await run(dying, from([0, 0])).catch(() => undefined)
          if (death.writes <= at) break
          kills++
          const note = `${made.name}, write ${at}${takesEffect ? ', which took effect' : ''}`
          ok([await run(f, from([0, 0]))])
          await expectWhole(f, end, note)
        }
      }
      expect(kills).toBeGreaterThan(6)
    }
  })

  test('beside another one and the running ingestion reads each offset once', async () => {
    for (const made of [begunLate, withGap]) {
      for (let round = 0; round < 4; round++) {
        const random = new Random()
        const store = new MemoryStore()
        await using f = await made({ store })
        const end = Number((await f.progress()).get(0)?.covered) + 1
        const faulty = () =>
          new FaultyStore(
            store,
            new Faults(() => random.next()).add({
              on: ['putIfAbsent'],
              fault: { kind: 'loseAnswer' },
              chance: 0.2,
              times: Infinity,
            }),
          )
        const [one, two, three] = [
          await f.another({ store: faulty(), settings }),
          await f.another({ store: faulty(), settings }),
          await f.another({ store: faulty(), settings }),
        ]
        f.append(range(end, end + 30))
        const [first, second] = [end + random.below(15), end + 15 + random.below(15)]
        const done = await Promise.all([
          run(one, from([0, random.below(20)])),
          run(two, from([0, 0])),
          three.deliver(range(end, first)),
          three.deliver(range(first, second)),
          catchUp(three.lake, 'timer'),
        ])
        ok(done.flat())
        ok(await catchUp(f.lake, 'command'))
        await expectWhole(f, end + 30, `${made.name}; ${seedNote}`)
      }
    }
  })

  test('that another one, or a reset, comes before gives up what it has read', async () => {
    for (const made of [begunLate, withGap]) {
      for (const rival of [
        (f: BronzeFixture) => run(f, from([0, 0])),
        (f: BronzeFixture) => resetOffsets(f.lake, f.stream),
      ]) {
        for (const after of [0, 1]) {
          const store = new MemoryStore()
          await using f = await made({ store })
          const { generation, covered } = (await f.progress()).get(0) as PartitionProgress
          const first = async () => {
            await rival(f)
          }
          const faults = new Faults().add({
            on: 'putIfAbsent',
            path: isCommit,
            fault: { kind: 'interleave', first },
            after,
          })
          ok([await run(await f.another({ store: new FaultyStore(store, faults), settings }), from([0, 0]))])
          expect(faults.struck).toBe(1)
          const isReset = (await f.progress()).get(0)?.generation !== generation
          if (isReset) {
            ok(await catchUp(f.lake, 'command'))
            const rows = (await f.lineage()).filter(row => row.generation === generation)
            expect(rows).toHaveLength(20 + 10 * after)
            expect(
              eachOffsetOnce(
                (await f.lineage()).filter(row => row.generation > generation),
                [span(Number(covered) + 1, 0, { generation: generation + 1 })],
              ),
            ).toEqual([])
          } else await expectWhole(f, Number(covered) + 1, `${made.name}, after ${after}`)
        }
      }
    }
  })

  test('does not hold up the ingestion: it moves where the partition begins, and nothing that ingestion moves', async () => {
    for (const isIngestionLast of [true, false]) {
      const store = new MemoryStore()
      await using f = await begunLate({ store })
      f.append(range(60, 70))
      const first = async () => {
        await (isIngestionLast ? run(f, from([0, 20])) : f.deliver(range(60, 70)))
      }
      const faults = new Faults().add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'interleave', first } })
      const slow = await f.another({ store: new FaultyStore(store, faults), settings })
      const conflicts = conflictsOf(slow)
      ok([isIngestionLast ? await slow.deliver(range(60, 70)) : await run(slow, from([0, 20]))])
      expect([faults.struck, conflicts.count]).toEqual([1, 0])
      await expectWhole(f, 70, '', 20)
    }
  })

  test('of a plan that is not what bronze lacks ends with a sentence, and reads nothing', async () => {
    for (const made of [begunLate, withGap]) {
      await using f = await made()
      const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
      const version = await f.version()
      const off = { ...plan, ranges: plan.ranges.map(range => ({ ...range, end: range.end - 1n })) }
      expect(await backfill(f.lake, f.stream, off)).toMatchObject({
        outcome: 'failed',
        error: { code: 'CONTENDED', message: expect.stringContaining('Plan the backfill again') as unknown },
      })
      expect(await f.version()).toBe(version)
    }
  })

  test('of a topic that was recreated reads nothing of it', async () => {
    await using f = await begunLate()
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0]))
    f.source.recreateTopic('events')
    f.append(range(1000, 1100))
    const version = await f.version()
    expect(await backfill(f.lake, f.stream, plan)).toMatchObject({ error: { code: 'TOPIC_RECREATED' } })
    expect(await f.version()).toBe(version)
    await catchUp(f.lake, 'command')
    const { ranges, stopped } = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect([ranges, stopped.get(0)?.code]).toEqual([[], 'TOPIC_RECREATED'])
    f.source.deleteRecords('events', 0, 50n)
    await resetOffsets(f.lake, f.stream)
    const { gone } = await backfillPlan(f.lake, f.stream, from([0, 0]))
    expect(gone.map(({ start, end }) => [start, end])).toEqual([[0n, 50n]])
  })

  test('of a paused stream reads all the same; of partitions that were never ingested nothing', async () => {
    await using f = await begunLate()
    f.source.addPartitions('events', 1)
    await pauseStream(f.store, f.stream, { by: 'ada', why: undefined })
    const plan = await backfillPlan(f.lake, f.stream, from([0, 0], [1, 0]))
    expect(plan.untouched).toEqual([1])
    expect(await backfill(f.lake, f.stream, plan)).toMatchObject({ outcome: 'committed', rowsOut: 40 })
    await expect(backfillPlan(f.lake, f.stream, from([2, 0]))).rejects.toMatchObject({
      code: 'SOURCE_PARTITION_MISSING',
    })
  })

  test('stops where an expectation lets a record not pass, with all above it read', async () => {
    const strict = defineStream({
      name: 'events',
      topic: 'events',
      schema: events.schema as never,
      key: 'event_id',
      eventTime: 'timestamp',
      allowedLateness: '10 minutes',
      dedupeWithin: '1 day',
      startFrom: 'latest',
      expectations: { 'not the tenth': { holds: (e: { event_id?: unknown }) => e.event_id !== '10', action: 'fail' } },
    })
    await using f = await begunLate({ stream: strict })
    expect(await run(f, from([0, 0]))).toMatchObject({ outcome: 'failed', error: { code: 'EXPECTATION_BROKEN' } })
    await expectWhole(f, 60, 'above it', 20)
  })
})

test('what came before a stream that begins at the end, and of which nothing has come since, is read in pieces', async () => {
  await using f = await BronzeFixture.open({ stream: latest, settings })
  f.append(range(0, 40))
  ok(await catchUp(f.lake, 'command'))
  ok([await run(f, from([0, 0]))])
  ok(await catchUp(f.lake, 'command'))
  expect(eachOffsetOnce(await f.lineage(), [span(40)])).toEqual([])
  f.append(range(40, 45))
  ok(await catchUp(f.lake, 'command'))
  expect(eachOffsetOnce(await f.lineage(), [span(45)])).toEqual([])
  // And what it is known by is compared: another topic is noticed.
  f.source.recreateTopic(f.stream.topic)
  f.append(range(100, 150))
  expect((await catchUp(f.lake, 'command'))[0]?.error?.code).toBe('TOPIC_RECREATED')
})

test('a run that goes on from where a stream began while what lies before is read keeps the record that it is known by', async () => {
  await using f = await BronzeFixture.open({ stream: latest, settings })
  f.append(range(0, 8))
  ok(await catchUp(f.lake, 'command'))
  const faults = new Faults()
  const slow = await f.another({ store: new FaultyStore(f.store, faults) })
  const first = async () => {
    f.append(range(8, 12))
    ok(await catchUp(f.lake, 'command'))
  }
  faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'interleave', first } })
  ok([await run(slow, from([0, 0]))])
  f.append(range(12, 14))
  ok(await catchUp(f.lake, 'command'))
  expect(eachOffsetOnce(await f.lineage(), [span(14)])).toEqual([])
})
