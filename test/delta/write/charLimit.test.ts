import { expect, test } from 'vitest'

import { charLimit, withinLimit } from '../../../shared/delta/write/charLimit.js'
import { conformRows } from '../../../shared/delta/write/conformRows.js'
import { decodedRows } from '../../../shared/delta/write/rows.js'
import type { StructField } from '../../../shared/types/index.js'

const field: StructField = {
  name: 'code',
  type: 'string',
  nullable: true,
  metadata: { __CHAR_VARCHAR_TYPE_STRING: 'varchar(3)' },
}

function fitted(value: string): unknown {
  const rows = {
    count: 1,
    columns: [{ field: { name: 'code', type: 'string', nullable: true } as const, data: [value] }],
  }
  const conformed = conformRows({ schema: { type: 'struct', fields: [field] }, partitionColumns: [] }, rows)
  return decodedRows(conformed).columns[0]?.data[0]
}

test('a text that is too long for its VARCHAR is refused, naming column, limit and row', () => {
  expect(() => fitted('abcd')).toThrow(/column code holds at most 3 characters, and "abcd".* row 1/)
})

test('blanks beyond the limit are cut off, as other engines do; characters are counted, not their units', () => {
  expect(fitted('ab   ')).toBe('ab ')
  expect(fitted('😀😀😀')).toBe('😀😀😀')
  expect(withinLimit('😀😀😀😀', 3)).toBeUndefined()
})

test('only such columns have a limit', () => {
  expect(charLimit(field)).toBe(3)
  expect(charLimit({ ...field, metadata: { __CHAR_VARCHAR_TYPE_STRING: 'CHAR(10)' } })).toBe(10)
  expect(charLimit({ ...field, metadata: {} })).toBeUndefined()
})
