import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream } from '../../shared/contract/defineStream.js'
import { category, hourOfDay, logarithm, numeric, rate } from '../../shared/contract/featureSpec.js'
import { double, timestamp } from '../../shared/contract/fieldTypes.js'
import { parseModelUri } from '../../shared/contract/modelUri.js'
import type { ModelDeclaration } from '../../shared/contract/streamModel.js'

const streamWith = (model?: ModelDeclaration<'id' | 'at' | 'amount' | 'kind'>) =>
  defineStream({
    name: 'clicks',
    topic: 'clicks',
    schema: z.object({ id: z.string(), at: timestamp(), amount: double(), kind: z.string().optional() }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '10 minutes',
    dedupeWithin: '1 day',
    ...(model === undefined ? {} : { model }),
  })

describe('the model of a stream', () => {
  test('keeps its features in their order, and the stream’s name in its URI', () => {
    const { model } = streamWith({
      uri: 'lake:models/{stream}-anomaly',
      features: {
        amount: numeric('amount'),
        log_amount: logarithm('amount'),
        hour: hourOfDay('at'),
        kind: category('kind', { most: 3 }),
        kind_rate: rate('kind'),
      },
    })
    expect(model).toMatchObject({ uri: 'lake:models/clicks-anomaly', anomalies: 'above' })
    expect(model?.features.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'amount numeric',
      'log_amount log',
      'hour hour',
      'kind category',
      'kind_rate rate',
    ])
  })

  test('a stream without one has none', () => {
    expect(streamWith().model).toBeUndefined()
  })

  const features = { amount: numeric('amount') }
  test.each([
    ['no features', { uri: 'lake:models/m', features: {} }, /model\.features is empty/],
    ['a URI of another kind', { uri: 'https://host/m', features }, /none of lake:models/],
    [
      'a number of a text',
      { uri: 'lake:models/m', features: { kind: numeric('kind') } },
      /"kind" as a number, and it is string/,
    ],
    ['an hour of a number', { uri: 'lake:models/m', features: { h: hourOfDay('amount') } }, /"amount" as a timestamp/],
    ['a category of a number', { uri: 'lake:models/m', features: { c: category('amount') } }, /"amount" as a string/],
    [
      'no category to keep',
      { uri: 'lake:models/m', features: { c: category('kind', { most: 0 }) } },
      /from 1 to 10000/,
    ],
    [
      'a name with a blank',
      { uri: 'lake:models/m', features: { 'a b': numeric('amount') } },
      /letters, digits and underscores/,
    ],
    [
      'the name of the scores',
      { uri: 'lake:models/m', features: { score: numeric('amount') } },
      /must have another name/,
    ],
    ['a threshold that is no number', { uri: 'lake:models/m', features, threshold: NaN }, /threshold must be a number/],
  ] as const)('%s is refused at declaration, by name', (_, model, message) => {
    expect(() => streamWith(model)).toThrow(message)
  })

  test('a column that is not there is refused, for those who do not check types', () => {
    const model = { uri: 'lake:models/m', features: { x: numeric('other' as 'amount') } }
    expect(() => streamWith(model)).toThrow(/"other", which the schema does not have/)
  })
})

describe('the URI of a model', () => {
  test.each([
    ['lake:models/events-anomaly', { kind: 'lake', name: 'events-anomaly' }],
    [
      'models:/events-anomaly@champion',
      { kind: 'registry', name: 'events-anomaly', select: { by: 'alias', alias: 'champion' } },
    ],
    ['models:/events-anomaly/3', { kind: 'registry', name: 'events-anomaly', select: { by: 'version', version: '3' } }],
    ['models:/main.lake.anomaly@champion', { name: 'main.lake.anomaly' }],
    ['models:/my model@champion', { name: 'my model' }],
    ['models:/a%2Fb%40c@champion', { name: 'a/b@c' }],
    ['models:/m?tag=stage:live%26well', { select: { by: 'tag', key: 'stage', value: 'live&well' } }],
  ])('%s is read', (uri, wanted) => {
    expect(parseModelUri(uri)).toMatchObject(wanted)
  })

  test.each([
    'lake:models/..',
    'lake:models/a/b',
    'lake:models/%2e%2e',
    'lake:models/.hidden',
    'lake:/etc/passwd',
    'models:/..@champion',
    'models:/%2e%2e/3',
    'models:/m',
    'models:/m/latest',
    'models:/m/0',
    'models:/m@a@b',
    'models:/m@%zz',
    'models:/a\u0000b@champion',
    'models://host/m@champion',
    'file:///models/m',
    '',
  ])('%j is refused', uri => {
    expect(parseModelUri(uri)).toBeUndefined()
  })
})
