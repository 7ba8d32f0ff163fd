import { expect, test } from 'vitest'

import { bronzePath, scoredPath, silverPath } from '../../shared/contract/index.js'
import { catchUp } from '../../shared/pipeline/index.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { events } from '../harness/sampleStream/events.js'
import { type BronzeFixture, range } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'
import { expectAllWell, keysOf, openAccounts, refresh } from './accounts.js'
import { oldTopic, openOldLake, spansOf } from './oldLake.js'
import { oldWriter } from './oldWriter.js'
import { fieldsOf, pattern } from './tableShape.js'

const ends = [56, 50]

/** Events whose numbers no other test record has. */
const fresh = (from: number, to: number) => range(from + 10_000, to + 10_000)

async function all(f: BronzeFixture): Promise<void> {
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
}

/** No offset and no key is lost or there twice, nothing is unaccounted for, and the monitor is content. */
async function expectOnce(f: BronzeFixture, more: readonly number[], holes: readonly bigint[][] = [[], []]) {
  const spans = spansOf(await oldTopic(), more).map(span => ({
    ...span,
    absent: [...span.absent, ...(holes[span.partition] ?? [])],
  }))
  expect(eachOffsetOnce(await f.lineage(), spans)).toEqual([])
  expect(await openAccounts(f)).toEqual([])
  expectAllWell(await refresh(f))
  const valid = new Set((await f.rows()).flatMap(row => (row['event_id'] as string | null) ?? []))
  expect(eachKeyOnce(await keysOf(f, silverPath(events)), valid)).toEqual([])
  expect(eachKeyOnce(await keysOf(f, scoredPath(events)), valid)).toEqual([])
}

/** Names in bronze's commits of rows, from a version on. */
async function namesFrom(f: BronzeFixture, version: number) {
  const names = new Set<string>()
  for await (const { actions } of f.lake.table(bronzePath(events)).commits(version)) {
    const info = actions.flatMap(action => ('commitInfo' in action ? [action.commitInfo] : []))[0]
    if (info?.operation !== 'STREAMING UPDATE' || !JSON.stringify(info['lake'] ?? null).includes('"bronze"')) continue
    for (const action of actions) if ('txn' in action) names.add(pattern(action.txn.appId))
    for (const field of fieldsOf(info)) names.add(field.replace(/(rejections|expectations)\..*/, '$1'))
  }
  return names
}

test('what stands for an old writer writes nothing that the old version did not', async () => {
  await using f = await openOldLake()
  const known = await namesFrom(f, 0)
  f.append(fresh(0, 5), 0)
  await all(f)
  const version = await f.version()
  await using old = await oldWriter(f)
  const transaction = f.source.begin()
  transaction.append('events', [{ partition: 0, key: null, value: Buffer.from('{') }])
  transaction.commit()
  f.append(fresh(5, 9), 1)
  await all(old)
  const written = await namesFrom(f, version + 1)
  expect(written.size).toBeGreaterThan(0)
  expect([...written].filter(name => !known.has(name))).toEqual([])
})

test('writers of both versions in turn lose and double nothing, whatever a commit ends with', async () => {
  await using f = await openOldLake()
  await using old = await oldWriter(f)
  const more = [0, 0]
  const holes: bigint[][] = [[], []]
  for (let round = 0; round < 6; round++) {
    for (const partition of [0, 1]) {
      const at = (more[partition] ?? 0) + (ends[partition] ?? 0)
      f.append(fresh(round * 20 + partition * 10, round * 20 + partition * 10 + 4), partition)
      if ((round + partition) % 3 === 0) {
        // The commit ends with markers, whose offsets have no record to be known by.
        const transaction = f.source.begin()
        transaction.append('events', [{ partition, key: null, value: Buffer.from('cut') }])
        if (round % 2 === 0) transaction.abort()
        else transaction.commit()
        holes[partition]?.push(...(round % 2 === 0 ? [BigInt(at + 4), BigInt(at + 5)] : [BigInt(at + 5)]))
      }
      more[partition] = Number((await f.source.offsets('events'))[partition]?.end) - (ends[partition] ?? 0)
    }
    await all(round % 2 === 0 ? old : f)
  }
  await all(f)
  await expectOnce(f, more, holes)
})

test('both versions at once on the same records commit each of them once', async () => {
  await using f = await openOldLake()
  await using old = await oldWriter(f)
  for (let round = 0; round < 4; round++) {
    f.append(fresh(round * 10, round * 10 + 6), 0)
    f.append(fresh(round * 10 + 6, round * 10 + 10), 1)
    await Promise.all([all(f), all(old), f.deliver(range(56 + round * 6 - 3, 62 + round * 6), 0)])
  }
  await expectOnce(f, [24, 16])
})

test('what old commits left out is found by the next new writer, and kept by old ones', async () => {
  await using f = await openOldLake()
  await using old = await oldWriter(f)
  const idOf = async () => (await f.progress()).get(0)?.topicId
  f.append(fresh(0, 3), 0)
  await all(old)
  expect(await idOf()).toBeUndefined()
  f.append(fresh(3, 6), 0)
  await all(f)
  const id = await idOf()
  expect(id).toBeDefined()
  f.append(fresh(6, 9), 0)
  await all(old)
  expect(await idOf()).toBe(id)
  f.source.recreateTopic('events', 2)
  f.append(fresh(100, 200), 0)
  f.append(fresh(200, 300), 1)
  const reports = await catchUp(f.lake, 'timer', { stalledForMs: 0 })
  expect(reports.map(({ error }) => error?.code)).toEqual(['TOPIC_RECREATED'])
  expect(eachOffsetOnce(await f.lineage(), spansOf(await oldTopic(), [9, 0]))).toEqual([])
})

test('a leader elected while an old writer goes on stops no partition, and loses and doubles nothing', async () => {
  await using f = await openOldLake()
  await using old = await oldWriter(f)
  f.append(fresh(0, 3), 0)
  await all(f)
  f.source.elect('events', 0)
  f.append(fresh(3, 9), 0)
  await all(old)
  f.append(fresh(9, 12), 0)
  f.append(fresh(12, 14), 1)
  // The old commit leaves the epoch that the new one wrote, and moves the covered offset beyond that epoch's end.
  const reports = await catchUp(f.lake, 'timer', { stalledForMs: 0 })
  expect(reports.map(({ error }) => error?.code)).toEqual([undefined])
  expect((await f.progress()).get(0)?.covered).toBe(67n)
  expect(eachOffsetOnce(await f.lineage(), spansOf(await oldTopic(), [12, 2]))).toEqual([])
  expect(await openAccounts(f)).toEqual([])
})
