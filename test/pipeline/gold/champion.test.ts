import { describe, expect, test, vi } from 'vitest'

import {
  encodeModelCard,
  encodeValueRange,
  FolderModelSource,
  type ModelCard,
  ModelError,
  sha256,
  valueRangeTensors,
} from '../../../shared/models/index.js'
import { withChampion } from '../../../shared/pipeline/gold/champion.js'
import { runGold, scoreSilver } from '../../../shared/pipeline/gold/goldStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { endlessModel, rootModel } from '../../models/onnx/hostileModels.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { ok, scoredRows, silverOf } from './goldFixture.js'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Puts a version of the stream's model there, from its bytes, and makes it champion. */
async function promote(
  f: SilverFixture,
  version: string,
  onnx: Uint8Array,
  tensors: { input: string; output: string },
  golden?: ModelCard['golden'],
): Promise<void> {
  const card = {
    name: 'events-anomaly',
    version,
    stream: 'events',
    createdAt: '2025-01-01T00:00:00.000Z',
    sha256: sha256(onnx),
    ...tensors,
    golden,
    features: [
      { column: 'value', kind: 'numeric' as const },
      { column: 'event_type', kind: 'category' as const, categories: ['click'] },
    ],
  }
  await f.lake.store.put(`models/events-anomaly/${version}/model.onnx`, onnx)
  await f.lake.store.put(`models/events-anomaly/${version}/model.json`, encodeModelCard(card))
  await f.lake.store.put('models/events-anomaly/champion.json', json({ version }))
}

const clicks = (mean: number) =>
  encodeValueRange({ habits: [{ category: 'click', mean, spread: 10 }], tolerance: 3, steepness: 2 })
const endless = { input: 'x', output: 'y' }

describe('the model that scores', () => {
  test('one that never ends for some row is stopped, and the last good one scores all of that run', async () => {
    await using f = await SilverFixture.open(undefined, undefined, { MODEL_TIMEOUT: '4 seconds' })
    await silverOf(f, [[{ id: 'a', type: 'click', value: 100 }]])
    ok(await runGold(f.lake, 'timer'))
    await promote(f, '2', endlessModel(), endless)
    await silverOf(f, [[{ id: 'b', type: 'click', value: 4 }]])
    ok([await scoreSilver(f.lake, events)])
    await silverOf(f, [
      [
        { id: 'c', type: 'click', value: 4 },
        { id: 'd', type: 'click', value: 5_000 },
      ],
    ])
    ok([await scoreSilver(f.lake, events)])
    const versions = async () => (await scoredRows(f.lake)).map(r => [r['event_id'], r['model_version']])
    expect(await versions()).toEqual([
      ['a', 'starter-1'],
      ['b', '2'],
      ['c', 'starter-1'],
      ['d', 'starter-1'],
    ])
    // It is left alone from then on, not tried again in every run.
    await silverOf(f, [[{ id: 'e', type: 'click', value: 6_000 }]])
    const load = vi.spyOn(FolderModelSource.prototype, 'load')
    ok([await scoreSilver(f.lake, events)])
    expect((await versions()).at(-1)).toEqual(['e', 'starter-1'])
    expect(load).not.toHaveBeenCalled()
    load.mockRestore()
  })

  test('one that scores its golden row, and none of the events with a number, gives way to the last good one', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', clicks(100), valueRangeTensors)
    await silverOf(f, [[{ id: 'a', type: 'click', value: 100 }]])
    ok([await scoreSilver(f.lake, events)])
    await promote(f, '2', rootModel(), valueRangeTensors, [{ features: [1e6 + 9, 1], score: 3 }])
    const good = { id: 'b', type: 'click', value: 2e6 }
    await silverOf(f, [[good, { ...good, id: 'c', value: 5 }]])
    ok([await scoreSilver(f.lake, events)])
    const warn = vi.spyOn(f.lake.log, 'warn')
    await silverOf(f, [[{ ...good, id: 'd', value: 5 }]])
    ok([await scoreSilver(f.lake, events)])
    await silverOf(f, [[{ ...good, id: 'e', value: 5 }]])
    ok([await scoreSilver(f.lake, events)])
    // Of a run in which some score is a number the others have none.
    expect((await scoredRows(f.lake)).map(r => [r['event_id'], r['model_version'], r['score'] === null])).toEqual([
      ['a', '1', false],
      ['b', '2', false],
      ['c', '2', true],
      ['d', '1', false],
      ['e', '1', false],
    ])
    expect(warn.mock.calls.map(([line]) => line)).toEqual([
      expect.stringMatching(/goes on as version 1: .* it scores none of 1 rows that have all of their features/),
    ])
  })

  test('without an earlier one, the rows wait: the run fails by name and nothing is half scored', async () => {
    await using f = await SilverFixture.open(undefined, undefined, { MODEL_TIMEOUT: '4 seconds' })
    await promote(f, '1', endlessModel(), endless)
    await silverOf(f, [
      [
        { id: 'a', type: 'click', value: 4 },
        { id: 'b', type: 'click', value: 5_000 },
      ],
    ])
    expect((await scoreSilver(f.lake, events)).error).toMatchObject({
      code: 'MODEL_LIMIT',
      message: expect.stringMatching(/events-anomaly, version 1/) as string,
    })
    await promote(f, '2', clicks(5_000), valueRangeTensors)
    ok([await scoreSilver(f.lake, events)])
    expect((await scoredRows(f.lake)).map(r => [r['event_id'], r['model_version'], r['is_anomaly']])).toEqual([
      ['a', '2', true],
      ['b', '2', false],
    ])
  })

  test('is not changed, nor left alone, for a runtime that does not start: no other model would fare better', async () => {
    await using f = await SilverFixture.open()
    for (const version of ['1', '2']) {
      await promote(f, version, clicks(100), valueRangeTensors)
      await silverOf(f, [[{ id: version, type: 'click', value: 100 }]])
      ok([await scoreSilver(f.lake, events)])
    }
    const score = vi.fn(() => Promise.reject(new ModelError('MODEL_RUNTIME_START', 'It does not start.')))
    await expect(withChampion(f.lake, events, score)).rejects.toMatchObject({ code: 'MODEL_RUNTIME_START' })
    expect(score).toHaveBeenCalledOnce()
    expect(await withChampion(f.lake, events, model => Promise.resolve(model?.card.version))).toBe('2')
  })

  test('a model put in place of another under the same version is the one that scores', async () => {
    await using f = await SilverFixture.open()
    await promote(f, '1', clicks(100), valueRangeTensors)
    await silverOf(f, [[{ id: 'a', type: 'click', value: 100 }]])
    ok([await scoreSilver(f.lake, events)])
    await promote(f, '1', clicks(9_000), valueRangeTensors)
    await silverOf(f, [[{ id: 'b', type: 'click', value: 100 }]])
    ok([await scoreSilver(f.lake, events)])
    const rows = await scoredRows(f.lake)
    expect(rows.map(r => [r['event_id'], r['is_anomaly'], r['model_digest']])).toEqual([
      ['a', false, sha256(clicks(100))],
      ['b', true, sha256(clicks(9_000))],
    ])
  })
})
