import { expect, test } from 'vitest'

import { withPlainYears } from '../../../shared/query/condition/signedYears.js'
import type { DataType, StructField } from '../../../shared/types/index.js'

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const fields = [
  field('d', 'date'),
  field('s', 'string'),
  field('o', { type: 'struct', fields: [field('inner', 'string')] }),
]

test.each([
  ["d = DATE '+12345-11-29'", "d = DATE '12345-11-29'"],
  [
    "d = date\n -- a comment\n '+12345-11-29' OR s = '+12345-11-29'",
    "d = date\n -- a comment\n '12345-11-29' OR s = '+12345-11-29'",
  ],
  ["t < TIMESTAMP WITH TIME ZONE '+10000-01-01 00:00:00+02'", "t < TIMESTAMP WITH TIME ZONE '10000-01-01 00:00:00+02'"],
  ["s = 'x' AND CAST('+12345-11-29' AS DATE) = d", "s = 'x' AND CAST('12345-11-29' AS DATE) = d"],
  ["s = 'x' AND try_cast ( '+12345-1-2' as timestamp ) = d", "s = 'x' AND try_cast ( '12345-1-2' as timestamp ) = d"],
  ["s = 'x' AND '+12345-11-29'::date = d", "s = 'x' AND '12345-11-29'::date = d"],
  // Without a text column in sight a text can only be a date.
  ["d IN ('+12345-11-29', '2025-01-01')", "d IN ('12345-11-29', '2025-01-01')"],
])('%s', (sql, plain) => {
  expect(withPlainYears(sql, fields)).toBe(plain)
})

test.each([
  "s = '+12345-11-29'",
  "d > '2025-01-01' AND \"S\" = '+12345-11-29'",
  "o.inner = '+12345-11-29'",
  "d = '-0044-03-15'",
  "d = DATE '+12345'",
  '"DATE \'+12345-11-29\'" = 1',
  "s = 'it''s DATE ''+12345-11-29'''",
  "d = 1 -- DATE '+12345-11-29'",
])('%s stays as it is', sql => {
  expect(withPlainYears(sql, fields)).toBe(sql)
})

test('without columns only what is declared a date or a time is one', () => {
  expect(withPlainYears("SELECT '+12345-11-29', DATE '+12345-11-29'")).toBe("SELECT '+12345-11-29', DATE '12345-11-29'")
})
