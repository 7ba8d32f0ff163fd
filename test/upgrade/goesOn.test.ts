import { expect, test } from 'vitest'

import { bronzePath, scoredPath, silverPath } from '../../shared/contract/index.js'
import { catchUp, ingestBatch, runMaintenance } from '../../shared/pipeline/index.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { events } from '../harness/sampleStream/events.js'
import { type BronzeFixture, eventRecord, range } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'
import { expectAllWell, keysOf, openAccounts, refresh } from './accounts.js'
import { oldTopic, openOldLake, spansOf } from './oldLake.js'

/** Events that nobody has seen, of the day after the last of the old ones, at the end of a partition. */
function append(f: BronzeFixture, numbers: readonly number[], partition: number): void {
  f.source.append(
    'events',
    numbers.map(n => ({ ...freshRecord(f, n), partition })),
  )
}

function freshRecord(f: BronzeFixture, n: number) {
  const timestamp = f.clock.now() + n
  const event = { event_id: `new-${n}`, event_type: 'click', timestamp: new Date(timestamp).toISOString(), value: n }
  return { ...eventRecord(n), value: Buffer.from(JSON.stringify(event)), timestamp }
}

const recordsOf = (stats: string | undefined) => (JSON.parse(stats ?? '{}') as { numRecords: number }).numRecords

test('every row of every table is there, and nothing has to be done', async () => {
  await using f = await openOldLake()
  expect(eachOffsetOnce(await f.lineage(), spansOf(await oldTopic()))).toEqual([])
  expect(await openAccounts(f)).toEqual([])
  const valid = new Set((await f.rows()).flatMap(row => (row['event_id'] as string | null) ?? []))
  expect(eachKeyOnce(await keysOf(f, silverPath(events)), valid)).toEqual([])
  expect(eachKeyOnce(await keysOf(f, scoredPath(events)), valid)).toEqual([])
  const counts = await Promise.all(
    ['gold/events_summary', 'monitor_logs', 'cluster_logs'].map(async path => (await f.read(path)).length),
  )
  for (const count of counts) expect(count).toBeGreaterThan(0)
  const version = await f.version()
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expect(eachOffsetOnce(await f.lineage(), spansOf(await oldTopic()))).toEqual([])
  // What the topic is known by is written down once, and that is all.
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expect(await f.version()).toBe(version + 1)
  expectAllWell(await refresh(f))
})

test('its log is replayed at every version, before and after checkpoints', async () => {
  await using f = await openOldLake()
  const table = f.lake.table(bronzePath(events))
  const rows: number[] = []
  for (let version = 0; version <= (await f.version()); version++) {
    const snapshot = await table.snapshot({ version })
    rows.push((snapshot?.files ?? []).reduce((sum, add) => sum + recordsOf(add.stats), 0))
  }
  expect(rows).toEqual(rows.toSorted((a, b) => a - b))
  expect(rows.at(-1)).toBe((await f.rows()).length)
})

test('goes on exactly once from the same topic, by deliveries that overlap and by a catch-up', async () => {
  await using f = await openOldLake()
  const topic = await oldTopic()
  const old = new Set(await keysOf(f, silverPath(events)))
  const [end0, end1] = [56, 50]
  append(f, range(0, 10), 0)
  append(f, range(10, 15), 1)
  // The whole of what the old version had ingested comes once more, and two duplicates of its keys with it.
  f.source.append('events', [topic[0]?.record ?? eventRecord(0), topic[1]?.record ?? eventRecord(0)])
  const report = await f.deliver(range(0, end0 + 6), 0)
  expect(report).toMatchObject({ outcome: 'committed', rowsOut: 6 })
  ok([report])
  const overlapping = [...(await f.fetch(range(50, end0 + 10), 0)), ...(await f.fetch(range(40, end1 + 3), 1))]
  ok([await ingestBatch(f.lake, f.stream, { records: overlapping, reread: [] }, 'kafka')])
  expect((await f.progress()).get(1)?.covered).toBe(BigInt(end1 + 2))
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expect(eachOffsetOnce(await f.lineage(), spansOf(topic, [12, 5]))).toEqual([])
  expect(await openAccounts(f)).toEqual([])

  expectAllWell(await refresh(f))
  const expected = new Set([...old, ...range(0, 15).map(n => `new-${n}`)])
  expect(eachKeyOnce(await keysOf(f, silverPath(events)), expected)).toEqual([])
  expect(eachKeyOnce(await keysOf(f, scoredPath(events)), expected)).toEqual([])

  ok(await runMaintenance(f.lake, 'timer'))
  f.clock.advance(2 * 86_400_000)
  ok(await runMaintenance(f.lake, 'timer'))
  append(f, range(15, 18), 1)
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expectAllWell(await refresh(f))
  expect(eachOffsetOnce(await f.lineage(), spansOf(topic, [12, 8]))).toEqual([])
  for (const n of range(15, 18)) expected.add(`new-${n}`)
  expect(eachKeyOnce(await keysOf(f, silverPath(events)), expected)).toEqual([])
  expect(eachKeyOnce(await keysOf(f, scoredPath(events)), expected)).toEqual([])
})

test('silver and gold go on behind what they have read, and read none of it again', async () => {
  await using f = await openOldLake()
  append(f, range(0, 4), 0)
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  const before = await f.lake.table(silverPath(events)).state({ fresh: true })
  await refresh(f)
  const infos: unknown[] = []
  for await (const { actions } of f.lake.table(silverPath(events)).commits((before?.version ?? -1) + 1))
    infos.push(...actions.flatMap(action => ('commitInfo' in action ? [action.commitInfo['lake']] : [])))
  expect(infos).toMatchObject([{ run: { rowsIn: 4, rowsOut: 4 } }])
})

test.each(['topic ids and epochs', 'neither'])('a recreated topic is known, with %s', async what => {
  const isKnown = what !== 'neither'
  await using f = await openOldLake({ topicIds: isKnown, leaderEpochs: isKnown })
  f.source.recreateTopic('events', 2)
  append(f, range(0, 80), 0)
  append(f, range(80, 160), 1)
  const reports = await catchUp(f.lake, 'timer', { stalledForMs: 0 })
  expect(reports.map(({ error }) => error?.code)).toEqual(['TOPIC_RECREATED'])
  expect(eachOffsetOnce(await f.lineage(), spansOf(await oldTopic()))).toEqual([])
})
