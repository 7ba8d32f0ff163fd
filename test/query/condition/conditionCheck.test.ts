import { afterAll, beforeAll, expect, test } from 'vitest'

import { checkCondition } from '../../../shared/query/condition/conditionCheck.js'
import { parseCondition } from '../../../shared/query/condition/parsedCondition.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import type { DataType, StructField } from '../../../shared/types/index.js'

let session: DuckDbSession

beforeAll(async () => {
  session = await DuckDbSession.open({ threads: 1 })
})
afterAll(() => session.close())

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const schema = {
  type: 'struct' as const,
  fields: [
    field('i', 'integer'),
    field('s', 'string'),
    field('flag', 'boolean'),
    field('o', { type: 'struct', fields: [field('x', 'long')] }),
  ],
}
const check = async (condition: string) => checkCondition(session, await parseCondition(session, condition, schema))

test.each([
  'i = 1',
  'flag',
  'NOT t.FLAG',
  'NULL',
  'true',
  'o.x > 1 -- why',
  'i IN (SELECT 1)',
  'COLUMNS(*) IS NOT NULL',
  "s LIKE 'a;b'",
  'i = 1 /* ) */',
])('%s is a condition', async condition => {
  await expect(check(condition)).resolves.toBeUndefined()
})

test.each(['i + 1', 'i', '0', '1', 's', 'o', 'coalesce(i, 0)', 'NULL::INTEGER'])(
  '%s would be true of every row but those of zero, so it is none',
  async condition => {
    await expect(check(condition)).rejects.toMatchObject({
      code: 'QUERY_BAD_SQL',
      message: expect.stringMatching(/ is not one: it is neither true nor false of a row/) as string,
    })
  },
)

test.each([
  ['', /the condition is empty; leave it out/],
  [' ', /the condition is empty/],
  ['i =', /the condition i = is not SQL: syntax error at end of input/],
  ['i = 1) OR (true', /is not SQL: syntax error at or near "\)"/],
  ['i = 1; SELECT 1', /cannot be evaluated: .*";"/],
  ['nope = 1', /the condition nope = 1 names nope, which is no column; the table has: i, s, flag, o$/],
  ['t.nope = 1', /names nope, which is no column/],
  ['o.nope = 1', /cannot be evaluated: .*"nope"/],
  ['sum(i) > 1', /cannot be evaluated: .*aggregates/],
  ['nofunction(i)', /cannot be evaluated: .*nofunction/],
])('of %s it is reported what is wrong', async (condition, message) => {
  await expect(check(condition)).rejects.toMatchObject({
    code: 'QUERY_BAD_SQL',
    message: expect.stringMatching(message) as string,
  })
})
