import { expect, test } from 'vitest'

import { type Stream } from '../../../shared/contract/index.js'
import { FolderModelSource, starterModel } from '../../../shared/models/index.js'
import { declarationFault } from '../../../shared/pipeline/training/declarationFault.js'
import { widthFault } from '../../../shared/pipeline/training/trainingFaults.js'
import { trainModel } from '../../../shared/pipeline/training/trainModel.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { modelRuns, writeSilver } from './trainingFixture.js'

const declared = (model: Partial<NonNullable<Stream['model']>>): Stream =>
  events.model === undefined ? events : { ...events, model: { ...events.model, ...model } }

test.each([
  ['anomalies below', declared({ anomalies: 'below' }), {}, /anomalies: 'below'/],
  [
    'another output',
    declared({ output: 'probabilities' }),
    {},
    /gives them as score. Leave output: 'probabilities' out/,
  ],
  [
    'a threshold beyond its scores',
    declared({ threshold: 12 }),
    {},
    /the model of events has the threshold 12, .*between 0 and 1/,
  ],
  ['the lowest threshold', declared({ threshold: 0 }), {}, /threshold 0/],
  ['a threshold that is set', declared({}), { ANOMALY_THRESHOLD: '-3' }, /^ANOMALY_THRESHOLD has the threshold -3/],
])('%s is refused before a row is read, and recorded', async (_, stream, settings, why) => {
  await using f = await SilverFixture.open(undefined, undefined, settings)
  const outcome = await trainModel(f.lake, stream, { register: true })
  expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) as string })
  expect(await f.lake.store.folders('models')).toEqual([])
  expect((await modelRuns(f.lake)).map(row => row['event'])).toEqual(['refused'])
})

test("the forest's own output, and a threshold among its scores, are no fault; a setting comes before the stream's", async () => {
  await using f = await SilverFixture.open(undefined, undefined, { ANOMALY_THRESHOLD: '0.6' })
  expect(declarationFault(f.lake, declared({ output: 'score', threshold: 40 }), undefined)).toBeUndefined()
})

test('two streams that share a model by MODEL_URI: the second one does not take it from the first', async () => {
  await using f = await SilverFixture.open(undefined, undefined, { MODEL_URI: 'lake:models/shared' })
  await writeSilver(f.lake, events, { to: 1_300 })
  const { card, onnx } = starterModel('shared')
  const source = new FolderModelSource(f.lake.store.within('models'), 'shared')
  await source.install({ card: { ...card, stream: 'orders' }, onnx })
  const outcome = await trainModel(f.lake, events, { register: true })
  expect(outcome).toMatchObject({
    why: 'the model shared scores the stream orders, and a version for events would take its place. Give each stream a model of its own: MODEL_URI may hold {stream}.',
  })
  expect((await source.champion())?.version).toBe(card.version)
})

test('more columns than a forest tells apart are refused by the feature that makes them', () => {
  const wide = (n: number) => ({
    name: 'kind',
    column: 'event_type',
    kind: 'category' as const,
    categories: Array.from({ length: n }, (_, i) => String(i)),
  })
  expect(widthFault(events, [{ column: 'value', kind: 'numeric' }, wide(60_000)])).toMatch(
    /make 60,001 columns, most of them kind/,
  )
  expect(widthFault(events, [wide(10_000)])).toBeUndefined()
})
