import { describe, expect, test } from 'vitest'

import { scoredPath } from '../../../shared/contract/index.js'
import { encodeModelCard, starterModel } from '../../../shared/models/index.js'
import { rescoreGold, runGold, scoreSilver } from '../../../shared/pipeline/gold/goldStep.js'
import { rescore } from '../../../shared/pipeline/gold/rescore.js'
import { runMaintenance } from '../../../shared/pipeline/maintenance/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { ok, scoredRows, silverOf, summaryRows } from './goldFixture.js'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

async function promote(f: SilverFixture, version: string): Promise<void> {
  const { card, onnx } = starterModel('events-anomaly')
  await f.lake.store.put(`models/events-anomaly/${version}/model.onnx`, onnx)
  await f.lake.store.put(`models/events-anomaly/${version}/model.json`, encodeModelCard({ ...card, version }))
  await f.lake.store.put('models/events-anomaly/champion.json', json({ version }))
}

/** Rows a, b, c and so on, each scored by a version of its own. */
async function scoredBy(f: SilverFixture, versions: readonly string[]): Promise<void> {
  for (const [i, version] of versions.entries()) {
    if (version !== 'starter-1') await promote(f, version)
    await silverOf(f, [[{ id: 'abcdefgh'.charAt(i), type: 'click', value: 2_000 + i }]])
    ok(await runGold(f.lake, 'timer'))
    f.clock.advance(1_000)
  }
}

const versionOf = async (f: SilverFixture) =>
  (await scoredRows(f.lake, 'SELECT event_id, model_version FROM t ORDER BY 1')).map(
    r => `${r['event_id'] as string} ${r['model_version'] as string}`,
  )

describe('rescoring', () => {
  test('gives every row the present model in its place, by one commit, and the summary follows', async () => {
    await using f = await SilverFixture.open()
    await scoredBy(f, ['starter-1', '1', '2'])
    const version = (await f.lake.table(scoredPath(events)).state())?.version ?? -1
    const before = await scoredRows(f.lake, 'SELECT * EXCLUDE (model_version, scored_at) FROM t ORDER BY event_id')
    await promote(f, '3')
    const [report, summary] = ok(await rescoreGold(f.lake, events))
    expect(report).toMatchObject({ version: version + 1, rowsOut: 3, detail: { modelVersion: '3', filesReplaced: 3 } })
    expect(await versionOf(f)).toEqual(['a 3', 'b 3', 'c 3'])
    const after = await scoredRows(f.lake, 'SELECT * EXCLUDE (model_version, scored_at) FROM t ORDER BY event_id')
    expect(after).toEqual(before)
    expect(summary?.outcome).toBe('committed')
    expect(await summaryRows(f.lake, 'SELECT events, scored FROM t')).toEqual([{ events: 3n, scored: 3n }])
    expect((await runGold(f.lake, 'timer')).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
  })

  test('from a version on leaves those rows as they are, in the same file too; names and no numbers are older', async () => {
    await using f = await SilverFixture.open(undefined, undefined, { COMPACTION_MIN_FILES: '2' })
    await scoredBy(f, ['starter-1', '9', '10'])
    f.clock.advance(3_600_000)
    ok(await runMaintenance(f.lake, 'timer'))
    expect((await f.lake.table(scoredPath(events)).snapshot())?.files.length).toBe(1)
    await promote(f, '11')
    const [kept] = await scoredRows(f.lake, `SELECT * FROM t WHERE model_version = '10'`)
    const [report] = ok(await rescoreGold(f.lake, events, { fromVersion: 10 }))
    expect(report?.rowsOut).toBe(2)
    expect(await versionOf(f)).toEqual(['a 11', 'b 11', 'c 10'])
    expect(await scoredRows(f.lake, `SELECT * FROM t WHERE model_version = '10'`)).toEqual([kept])
  })

  test('reads and replaces no file whose rows are all new enough', async () => {
    await using f = await SilverFixture.open()
    await scoredBy(f, ['1', '2'])
    const files = async () => ((await f.lake.table(scoredPath(events)).snapshot())?.files ?? []).map(({ path }) => path)
    const before = await files()
    const [report] = ok(await rescoreGold(f.lake, events, { fromVersion: 2 }))
    expect(report?.detail).toMatchObject({ filesReplaced: 1 })
    expect((await files()).filter(path => before.includes(path)).length).toBe(1)
    const [again] = ok(await rescoreGold(f.lake, events, { fromVersion: 1 }))
    expect(again?.outcome).toBe('nothingToDo')
  })

  test('loses and doubles nothing while gold takes on new rows', async () => {
    await using f = await SilverFixture.open()
    await scoredBy(f, ['starter-1', '1'])
    await promote(f, '2')
    await silverOf(f, [[{ id: 'x' }, { id: 'y' }]])
    const [first, second] = await Promise.all([rescore(f.lake, events), scoreSilver(await f.other(), events)])
    ok([first, second])
    expect(await versionOf(f)).toEqual(['a 2', 'b 2', 'x 2', 'y 2'])
  })

  test('twice at once scores each row once', async () => {
    await using f = await SilverFixture.open()
    await scoredBy(f, ['starter-1', '1'])
    const other = await f.other()
    ok(await Promise.all([rescore(f.lake, events), rescore(other, events)]))
    expect(await versionOf(f)).toEqual(['a 1', 'b 1'])
  })

  test('before there is a table there is nothing to do; without a model the scores stay', async () => {
    await using f = await SilverFixture.open()
    expect((await rescoreGold(f.lake, events)).map(r => r.outcome)).toEqual(['nothingToDo', 'nothingToDo'])
    await scoredBy(f, ['1'])
    const [report] = await rescoreGold(f.lake, { ...events, model: undefined })
    expect(report?.error).toMatchObject({ code: 'MODEL_MISSING' })
    expect(await versionOf(f)).toEqual(['a 1'])
  })
})
