import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Rows } from '../../../shared/delta/index.js'
import { openExpressions } from '../../../shared/query/spark/duckDbExpressions.js'
import { type DataType, type StructField, type Value, variantType } from '../../../shared/types/index.js'

let expressions: ReturnType<typeof openExpressions>

beforeAll(() => {
  expressions = openExpressions({ threads: 2 })
})
afterAll(() => expressions[Symbol.asyncDispose]())

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const rowsOf = (columns: Readonly<Record<string, readonly [DataType, readonly Value[]]>>): Rows => {
  const list = Object.entries(columns).map(([name, [type, data]]) => ({ field: field(name, type), data }))
  return { count: list[0]?.data.length ?? 0, columns: list }
}

const every = rowsOf({
  l: ['long', [2n ** 63n - 1n, -(2n ** 63n), null]],
  b: ['byte', [-128, 127, null]],
  sh: ['short', [1, 2, null]],
  i: ['integer', [1, 2, null]],
  w: [{ type: 'decimal', precision: 38, scale: 10 }, [10n ** 38n - 1n, -(10n ** 38n) + 1n, null]],
  d: ['double', [NaN, -0, null]],
  f: ['float', [Math.fround(0.1), -Infinity, null]],
  tz: ['timestamp', [-1n, 253_402_300_799_999_999n, null]],
  wall: ['timestamp_ntz', [-62_135_596_800_000_000n, 1n, null]],
  day: ['date', [-719_162, 2_932_896, null]],
  s: ['string', ['a\u0000"\'', '😀', null]],
  bin: ['binary', [Uint8Array.of(0, 255), Uint8Array.of(), null]],
  flag: ['boolean', [true, false, null]],
  list: [
    { type: 'array', elementType: { type: 'struct', fields: [field('x', 'long')] }, containsNull: true },
    [[{ x: 2n ** 60n }, null], [], null],
  ],
  map: [
    { type: 'map', keyType: 'string', valueType: 'date', valueContainsNull: true },
    [[{ key: 'k', value: null }], [], null],
  ],
  var: [variantType, [{ metadata: Uint8Array.of(1, 0, 0), value: Uint8Array.of(12, 1) }, null, null]],
  none: ['void', [null, null, null]],
})

describe('SQL over rows in memory', () => {
  test('every type goes there and back without losing a bit', async () => {
    const wanted = every.columns.map(({ field: f }) => ({ field: f, sql: `"${f.name}"` }))
    expect(await expressions.evaluate(every, wanted)).toEqual(every.columns)
  })

  test('a condition is true, or it is not; null is not', async () => {
    expect(await expressions.test(every, 'flag')).toEqual(Uint8Array.of(1, 0, 0))
    expect(await expressions.test(every, 'NOT FLAG')).toEqual(Uint8Array.of(0, 1, 0))
    expect(await expressions.test(every, 't.l > 0 OR s = $$😀$$ -- both')).toEqual(Uint8Array.of(1, 1, 0))
    expect(await expressions.test(every, 'true')).toEqual(Uint8Array.of(1, 1, 1))
    expect(await expressions.test(rowsOf({ i: ['integer', []] }), 'i = 1')).toEqual(new Uint8Array())
  })

  test('answers stand where their rows do, whatever the engine makes of the order', async () => {
    const count = 300_000
    const id = BigInt64Array.from({ length: count }, (_, i) => BigInt(i))
    const rows: Rows = {
      count,
      columns: [
        { field: field('id', 'long'), data: id },
        { field: field('unused', 'string'), data: new Array<string>(count).fill('x') },
      ],
    }
    const found = await expressions.test(rows, 'id % 3 = 0 AND id IN (SELECT range FROM range(300000))')
    expect(found.every((one, i) => one === Number(i % 3 === 0))).toBe(true)
    const [column] = await expressions.evaluate(rows, [{ field: field('v', 'integer'), sql: 'id * 2' }])
    expect(Array.from(column?.data ?? []).every((value, i) => value === i * 2)).toBe(true)
  })

  test('values become what their column can hold, or an error that names the expression', async () => {
    const rows = rowsOf({ i: ['integer', [1, 300]] })
    expect(await expressions.evaluate(rows, [{ field: field('s', 'string'), sql: 'i' }])).toMatchObject([
      { data: ['1', '300'] },
    ])
    const bad = expressions.evaluate(rows, [
      { field: field('fine', 'integer'), sql: 'i + 1' },
      { field: field('small', 'byte'), sql: 'i * 1' },
    ])
    await expect(bad).rejects.toThrow(/the value i \* 1 for the column small cannot be evaluated: .*out of range/)
    await expect(expressions.test(rows, 'nope = 1')).rejects.toMatchObject({
      code: 'QUERY_BAD_SQL',
      message: expect.stringContaining('the condition nope = 1') as string,
    })
    await expect(expressions.test(rows, 'sum(i) > 1')).rejects.toMatchObject({ code: 'QUERY_BAD_SQL' })
    await expect(expressions.evaluate(rows, [{ field: field('v', 'long'), sql: 'sum(i)' }])).rejects.toMatchObject({
      code: 'QUERY_BAD_SQL',
    })
  })

  test('calls at the same time do not get in each other’s way', async () => {
    const rows = rowsOf({ i: ['integer', Array.from({ length: 5_000 }, (_, i) => i)] })
    const found = await Promise.all(Array.from({ length: 8 }, (_, k) => expressions.test(rows, `i % 8 = ${k}`)))
    expect(found.map(marks => marks.reduce((sum, one) => sum + one, 0))).toEqual(new Array(8).fill(625))
  })

  test('statistics are given of a condition what they can judge', async () => {
    const schema = { type: 'struct' as const, fields: [field('i', 'integer')] }
    expect(await expressions.prune('i = 1 AND random() > 0', schema)).toEqual({ op: '=', column: 'i', value: 1 })
    expect(await expressions.prune('abs(i) = 1', schema)).toBeUndefined()
  })
})
