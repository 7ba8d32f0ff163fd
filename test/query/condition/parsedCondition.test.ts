import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

import { parseCondition } from '../../../shared/query/condition/parsedCondition.js'
import { neededColumns, planScan } from '../../../shared/query/condition/scanPlan.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { duckDbExpressions } from '../../../shared/query/spark/duckDbExpressions.js'
import type { DataType, StructField, StructType } from '../../../shared/types/index.js'

let session: DuckDbSession

beforeAll(async () => {
  session = await DuckDbSession.open({ threads: 1 })
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => session.close())

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const schema: StructType = {
  type: 'struct',
  fields: [field('i', 'integer'), field('s', 'string'), field('unasked', 'double')],
}
const snapshot = {
  schema,
  metadata: {
    id: 't',
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns: [],
    configuration: {},
  },
  files: [],
}

/** How often a statement asks DuckDB's parser for a tree, from now on. */
function parserCalls(): () => number {
  const statements = vi.spyOn(session, 'stream')
  return () => statements.mock.calls.filter(([sql]) => sql.includes('json_serialize_sql')).length
}

describe('the parser is asked once about a condition', () => {
  test('that is checked, pruned by and read with', async () => {
    const calls = parserCalls()
    const plan = await planScan(session, snapshot, "i > 1.5 AND lower(s) = 'x'")
    expect(neededColumns(snapshot, [], plan)).toEqual(['i', 's'])
    expect(plan).toMatchObject({ predicate: 'i > 1', unknown: ["(lower(s) = 'x')"] })
    expect(calls()).toBe(1)
  })

  test('that is pruned by, and then evaluated for the rows of file after file', async () => {
    const expressions = duckDbExpressions(session)
    const calls = parserCalls()
    expect(await expressions.prune('i > 1.5', schema)).toEqual({ op: '>', column: 'i', value: 1 })
    const [fields, columns] = [schema.fields, [Int32Array.of(1, 2), ['a', 'b'], Float64Array.of(0, 0)]]
    const rows = { count: 2, columns: fields.map((one, i) => ({ field: one, data: columns[i] ?? [] })) }
    expect([...(await expressions.test(rows, 'i > 1.5'))]).toEqual([0, 1])
    expect([...(await expressions.test(rows, 'i > 1.5'))]).toEqual([0, 1])
    expect(calls()).toBe(1)
  })

  test('but again for a schema with other types, which constants are compared with otherwise', async () => {
    const expressions = duckDbExpressions(session)
    const calls = parserCalls()
    await expressions.prune("d = '2025-04-01'", { type: 'struct', fields: [field('d', 'string')] })
    expect(await expressions.prune("d = '2025-04-01'", { type: 'struct', fields: [field('d', 'date')] })).toEqual({
      op: '=',
      column: 'd',
      value: 20_179,
    })
    expect(calls()).toBe(2)
  })
})

test.each([
  'i = 1 GROUP BY ALL',
  'i = 1 GROUP BY i',
  'i = 1 HAVING true',
  'i = 1 ORDER BY i',
  'i = 1 LIMIT 1',
  'i = 1 QUALIFY true',
  'i = 1 USING SAMPLE 3',
  'i = 1 UNION SELECT 2',
  'i = 1; SELECT 1',
])('%s is SQL behind WHERE, and not a condition', async text => {
  const { fault, tree, columns } = await parseCondition(session, text, schema)
  expect([fault, tree, columns('unasked')]).toEqual([undefined, undefined, true])
})

test.each([
  ['i = 1', ['i']],
  ['t.S IS NULL -- i', ['s']],
  ['COLUMNS(*) IS NOT NULL', ['i', 's', 'unasked']],
  ['i IN (SELECT 1)', ['i', 's', 'unasked']],
  ['i =', ['i', 's', 'unasked']],
])('%s can mean the columns %j', async (text, names) => {
  const { columns } = await parseCondition(session, text, schema)
  expect(schema.fields.map(({ name }) => name).filter(columns)).toEqual(names)
})
