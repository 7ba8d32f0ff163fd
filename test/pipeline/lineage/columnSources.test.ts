import { expect, test } from 'vitest'
import { z } from 'zod'

import {
  bronzeTable,
  defineStream,
  double,
  driftTable,
  hourOfDay,
  numeric,
  scoredTable,
  silverTable,
  type Stream,
  summaryTable,
  timestamp,
} from '../../../shared/contract/index.js'
import { sqlName } from '../../../shared/contract/index.js'
import { topicSchema } from '../../../shared/pipeline/lineage/columnSources.js'
import { datasetsOf } from '../../../shared/pipeline/lineage/stepDatasets.js'
import { events } from '../../harness/sampleStream/events.js'

const odd = defineStream({
  name: 'odd',
  topic: 'odd',
  schema: z.object({
    events: z.string(),
    value: double(),
    'a-b': double(),
    constructor: z.string(),
    at: timestamp(),
  }),
  key: 'constructor',
  eventTime: 'at',
  allowedLateness: '1 hour',
  dedupeWithin: '1 day',
  clusterBy: ['events', 'at'],
  model: { uri: 'lake:models/odd', features: { x: numeric('a-b'), h: hourOfDay('at') } },
})

const tables = [
  ['bronze', bronzeTable],
  ['silver', silverTable],
  ['gold', scoredTable],
  ['gold', summaryTable],
  ['gold', driftTable],
] as const

/** Columns that come of no other: who wrote them, when, and with what. */
const ownColumns = [
  ...['_ingested_at', '_generation', '_ingest_date'],
  ...['model_name', 'model_version', 'model_digest', 'scored_at', 'column_name', 'type'],
]

test.each([events, odd])(
  '$name: what a column comes of is a column of the source, and every other is named',
  stream => {
    for (const [step, tableOf] of tables) {
      const { path, schema } = tableOf(stream)
      const found = datasetsOf(step, stream, { table: sqlName(path), version: 1, ranges: [] })
      expect(found?.target?.path).toBe(path)
      const source = found?.source?.schema ?? topicSchema(stream)
      const [from, to] = [source, schema].map(({ fields }) => new Set(fields.map(({ name }) => name)))
      const { fields = {}, rows = [] } = found?.columns ?? {}
      for (const { field } of [...Object.values(fields).flat(), ...rows]) expect(from).toContain(field)
      for (const column of Object.keys(fields)) expect(to).toContain(column)
      const without = [...(to ?? [])].filter(column => !Object.hasOwn(fields, column))
      for (const column of without) expect(ownColumns).toContain(column)
    }
  },
)

test('a group that the summary has another name for, and figures of a column with an odd one, come of theirs', () => {
  const of = (table: string, stream: Stream = odd) =>
    datasetsOf('gold', stream, { table, version: 1, ranges: [] })?.columns?.fields ?? {}
  const named = (column: string, table: string) => of(table)[column]?.map(({ field, subtype }) => `${subtype} ${field}`)
  expect(named('group_events', 'gold.odd_summary')).toEqual(['IDENTITY events'])
  expect(named('events', 'gold.odd_summary')).toEqual(['AGGREGATION constructor'])
  expect(named('a-b_p95', 'gold.odd_summary')).toEqual(['AGGREGATION a-b'])
  expect(named('score', 'gold.odd_scored')).toEqual(['TRANSFORMATION a-b', 'TRANSFORMATION at'])
  expect(named('psi', 'gold.odd_drift')).toEqual(['AGGREGATION a-b', 'AGGREGATION at', 'AGGREGATION score'])
})

test('a stream without a model has no score that comes of anything', () => {
  const stream = { ...odd, model: undefined }
  const found = datasetsOf('gold', stream, { table: 'gold.odd_scored', version: 1, ranges: [] })
  expect(Object.keys(found?.columns?.fields ?? {})).not.toContain('score')
})
