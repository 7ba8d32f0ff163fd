import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream } from '../../shared/contract/defineStream.js'
import { decimal, timestamp } from '../../shared/contract/fieldTypes.js'
import { summaryTable } from '../../shared/contract/summarySchema.js'
import { quarantineName, sqlName, summaryPath, tablePath } from '../../shared/contract/tablePaths.js'
import { bronzeTable, scoredTable, silverTable, type TableSpec } from '../../shared/contract/tableSchemas.js'
import { events } from '../harness/sampleStream/events.js'
import { orders } from '../harness/threeStreams/orders.js'

const summary = ({ schema }: TableSpec) =>
  schema.fields.map(f => `${f.name} ${JSON.stringify(f.type)}${f.nullable ? '' : '!'}`)
const contract = ['event_id "string"', 'event_type "string"', 'timestamp "timestamp"', 'value "double"']
const silver = [
  ...contract.map(column => `${column}!`),
  '_topic "string"!',
  '_generation "integer"!',
  '_partition "integer"!',
  '_offset "long"!',
  '_ingested_at "timestamp"!',
  '_late "boolean"!',
  '_timestamp "timestamp"',
]

test("bronze begins with the record's own columns, so that statistics cover them", () => {
  expect(summary(bronzeTable(events))).toEqual([
    '_partition "integer"!',
    '_offset "long"!',
    '_timestamp "timestamp"',
    '_ingested_at "timestamp"!',
    '_topic "string"!',
    '_generation "integer"!',
    '_error_code "string"',
    '_error_path "string"',
    '_error_message "string"',
    '_key "binary"',
    '_value "binary"',
    '_headers "string"',
    ...contract,
    '_ingest_date "date"',
  ])
})

test('silver keeps what the contract says of null', () => {
  expect(summary(silverTable(events))).toEqual([...silver, '_event_date "date"'])
})

test("gold has silver's columns and the verdict", () => {
  expect(summary(scoredTable(events))).toEqual([
    ...silver,
    'score "double"',
    'is_anomaly "boolean"',
    'model_name "string"',
    'model_version "string"',
    'model_digest "string"',
    'scored_at "timestamp"',
    '_event_date "date"',
  ])
})

describe('the summary', () => {
  const declared = (clusterBy: string[], shape: Record<string, z.ZodType>) =>
    defineStream({
      name: 's',
      topic: 's',
      key: 'id',
      eventTime: 'at',
      allowedLateness: '1 minute',
      dedupeWithin: '1 day',
      clusterBy: clusterBy as 'id'[],
      schema: z.object({ id: z.string(), at: timestamp(), ...shape }),
    })

  test('has the group and measures of every number', () => {
    expect(summary(summaryTable(events))).toEqual([
      'window_start "timestamp"!',
      'window_end "timestamp"!',
      'event_type "string"',
      'events "long"!',
      'late "long"!',
      'scored "long"!',
      'anomalies "long"!',
      'waiting "long"',
      'newest_ingested_at "timestamp"!',
      'score_p50 "double"',
      'score_p95 "double"',
      'score_p99 "double"',
      ...['sum', 'min', 'max', 'avg', 'p50', 'p95', 'p99'].map(measure => `value_${measure} "double"`),
      '_window_date "date"',
    ])
  })

  test('a number that is the key is counted, not averaged', () => {
    const names = summaryTable(orders).schema.fields.map(f => f.name)
    expect(names.filter(name => name.startsWith('order_no'))).toEqual([])
    expect(names).toContain('total_avg')
  })

  test('sums what overflows its own type in a wider one', () => {
    const { schema } = summaryTable(declared(['at'], { n: z.int(), price: decimal(10, 2) }))
    const types = Object.fromEntries(schema.fields.map(f => [f.name, f.type]))
    expect(types['n_sum']).toEqual({ type: 'decimal', precision: 38, scale: 0 })
    expect([types['price_sum'], types['price_max']]).toEqual([
      { type: 'decimal', precision: 38, scale: 2 },
      { type: 'decimal', precision: 10, scale: 2 },
    ])
  })

  test('is grouped by a text that repeats, and never has two columns of one name', () => {
    const names = (clusterBy: string[], shape: Record<string, z.ZodType>) =>
      summaryTable(declared(clusterBy, shape)).schema.fields.map(f => f.name)
    expect(names(['id', 'at'], {})[2]).toBe('events')
    expect(names(['at', 'kind'], { kind: z.string() })[2]).toBe('kind')
    expect(names(['Events'], { Events: z.string() })[2]).toBe('group_Events')
    expect(names(['n_sum'], { n_sum: z.string(), n: z.number() })[2]).toBe('group_n_sum')
  })
})

describe('names', () => {
  test('go from folder to SQL and back', () => {
    for (const path of ['bronze/events', 'gold/events_scored', 'monitor_logs'])
      expect(tablePath(sqlName(path))).toBe(path)
    expect([sqlName(bronzeTable(events).path), quarantineName(events), summaryPath(events)]).toEqual([
      'bronze.events',
      'bronze.events_quarantine',
      'gold/events_summary',
    ])
  })
})
