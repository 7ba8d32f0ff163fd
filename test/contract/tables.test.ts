import { describe, expect, test } from 'vitest'
import { documentationOf } from '../../shared/contract/documentation.js'
import {
  bronzeTable, quarantineName, scoredTable, silverTable, sqlName, summaryPath, tablePath, type TableShape,
} from '../../shared/contract/tables.js'
import { events } from '../../shared/streams/events.js'

const summary = ({ schema }: TableShape) => schema.fields.map(f => `${f.name} ${JSON.stringify(f.type)}${f.nullable ? '' : '!'}`)
const contract = ['event_id "string"', 'event_type "string"', 'timestamp "timestamp"', 'value "double"']
const silver = [
  ...contract.map(column => `${column}!`), '_topic "string"!', '_generation "integer"!', '_partition "integer"!', '_offset "long"!',
  '_ingested_at "timestamp"!', '_late "boolean"!',
]

test("bronze begins with the record's own columns, so that statistics cover them", () => {
  expect(summary(bronzeTable(events))).toEqual([
    '_partition "integer"!', '_offset "long"!', '_timestamp "timestamp"!', '_ingested_at "timestamp"!', '_topic "string"!',
    '_generation "integer"!', '_error_code "string"', '_error_path "string"', '_error_message "string"', '_key "binary"',
    '_value "binary"', '_headers "string"', ...contract, '_ingest_date "date"',
  ])
})

test('silver keeps what the contract says of null', () => {
  expect(summary(silverTable(events))).toEqual([...silver, '_event_date "date"'])
})

test("gold has silver's columns and the verdict", () => {
  expect(summary(scoredTable(events))).toEqual([
    ...silver, 'score "double"', 'is_anomaly "boolean"', 'model_name "string"', 'model_version "string"', 'model_digest "string"',
    'scored_at "timestamp"', '_event_date "date"',
  ])
})

describe('names', () => {
  test('go from folder to SQL and back', () => {
    for (const path of ['bronze/events', 'gold/events_scored', 'monitor_logs']) expect(tablePath(sqlName(path))).toBe(path)
    expect([sqlName(bronzeTable(events).path), quarantineName(events), summaryPath(events)]).toEqual([
      'bronze.events', 'bronze.events_quarantine', 'gold/events_summary',
    ])
  })
})

test('the page of a stream names every table and column', () => {
  const page = documentationOf(events)
  for (const table of [bronzeTable(events), silverTable(events), scoredTable(events)]) {
    expect(page).toContain(`## ${sqlName(table.path)}\n`)
    for (const { name } of table.schema.fields) expect(page).toContain(`| \`${name}\` |`)
  }
  expect(page).toContain('What makes an event the same as another.')
  expect(page).toContain('more than 10 minutes behind')
})
