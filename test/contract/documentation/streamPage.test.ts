import { expect, test } from 'vitest'
import { z } from 'zod'

import { fieldRules } from '../../../shared/contract/documentation/fieldRules.js'
import { documentationOf } from '../../../shared/contract/documentation/streamPage.js'
import {
  binary,
  bronzeTable,
  decimal,
  defineStream,
  int,
  rejectionCodes,
  scoredTable,
  silverTable,
  sqlName,
  summaryTable,
  timestamp,
} from '../../../shared/contract/index.js'
import { events } from '../../harness/sampleStream/events.js'

test('the page of a stream names every table and column', () => {
  const page = documentationOf(events)
  for (const table of [bronzeTable(events), silverTable(events), scoredTable(events), summaryTable(events)]) {
    const [, section = ''] = page.split(`## ${sqlName(table.path)}\n`)
    for (const { name } of table.schema.fields) expect(section.split('\n## ')[0]).toContain(`| \`${name}\``)
  }
  expect(page).toContain('| What makes an event the same as another. |')
  expect(page).toContain('more than 10 minutes behind')
  expect(page).toContain('- value is finite: quarantine\n')
  for (const code of rejectionCodes) expect(page).toContain(code)
})

test('columns stand under each other, and no cell breaks its table', () => {
  const wide = defineStream({
    name: 'wide',
    topic: 'wide',
    schema: z.object({
      id: z
        .string()
        .regex(/^(a|b)+$/)
        .describe('One line.\nAnother | one.'),
      at: timestamp(),
      price: decimal(10, 2).meta({ aliases: ['cost'] }),
      tags: z.array(z.string()).nullable(),
      place: z.object({ lat: z.number(), label: z.record(z.string(), int()) }),
    }),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '90 seconds',
    dedupeWithin: '36 hours',
  })
  const lines = documentationOf(wide).split('\n')
  const start = lines.indexOf('## Contract') + 2
  expect(lines.slice(start, start + 7)).toEqual([
    '| field   | type                                       | null | rules               | meaning |',
    '| ------- | ------------------------------------------ | ---- | ------------------- | --- |',
    '| `id`    | `string`                                   | no   | matches /^(a\\|b)+$/ | One line. Another \\| one. |',
    '| `at`    | `timestamp`                                | no   |                     |  |',
    '| `price` | `decimal(10,2)`                            | no   | formerly cost       |  |',
    '| `tags`  | `array<string>`                            | yes  |                     |  |',
    '| `place` | `struct<lat:double,label:map<string,int>>` | no   |                     |  |',
  ])
  expect(lines.join('\n')).toContain('event times at most 36 hours apart')
  expect(lines.join('\n')).not.toContain('Expectations')
})

test.each([
  [z.string().min(1).max(40), ['length ≥ 1', 'length ≤ 40']],
  [z.string().length(2).optional(), ['length 2']],
  [z.enum(['click', 'view']).nullable(), ['one of click, view']],
  [z.literal('v1'), ['one of v1']],
  [z.number().gt(0).lte(100), ['> 0', '≤ 100']],
  [z.bigint().gte(0n).lt(10n), ['≥ 0', '< 10']],
  [int().multipleOf(5), ['a multiple of 5']],
  [z.uuid(), ['format uuid']],
  [z.string().startsWith('u-').includes('"'), ['begins with "u-"', 'contains "\\""']],
  [z.string().endsWith('.json'), ['ends with ".json"']],
  [z.string().refine(text => text !== 'x'), ['a check in code']],
  [z.string().trim(), []],
  [binary(), []],
  [timestamp(), []],
])('the rules of a field, case %#', (schema, rules) => {
  expect(fieldRules(schema)).toEqual(rules)
})
