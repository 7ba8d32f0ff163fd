import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Rows } from '../../../shared/delta/index.js'
import { openExpressions } from '../../../shared/query/spark/duckDbExpressions.js'
import { sparkCondition } from '../../../shared/query/spark/sparkSql.js'
import type { DataType, StructField, Value } from '../../../shared/types/index.js'

let expressions: ReturnType<typeof openExpressions>

beforeAll(() => {
  expressions = openExpressions({ threads: 1 })
})
afterAll(() => expressions[Symbol.asyncDispose]())

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const one: readonly (readonly [StructField, Value])[] = [
  [field('b', 'byte'), 127],
  [field('i', 'integer'), -7],
  [field('l', 'long'), 2n ** 62n],
  [field('d', 'double'), 2.5],
  [field('nan', 'double'), NaN],
  [field('f', 'float'), Math.fround(0.1)],
  [field('m', { type: 'decimal', precision: 18, scale: 2 }), 999_999_999_999_999_999n],
  [field('s', 'string'), 'a%b\n'],
  [field('word', 'string'), 'Straße'],
  [field('yes', 'boolean'), true],
  [field('day', 'date'), 19_723],
  [field('at', 'timestamp'), 1_704_067_200_000_000n],
  [field('wall', 'timestamp_ntz'), 1_704_070_800_000_000n],
  [field('none', 'integer'), null],
  [field('Odd `name', 'integer'), 1],
  [field('o', { type: 'struct', fields: [field('X', 'long')] }), { X: 5n }],
]
const rows: Rows = { count: 1, columns: one.map(([f, value]) => ({ field: f, data: [value] })) }

describe('Spark’s SQL means here what it means there', () => {
  test.each<[string, boolean]>([
    ['i div 2 = -3', true],
    ['i / 2 = -3.5D', true],
    ['i % 2 = -1', true],
    ['i / 0 IS NULL', true],
    ['d % 0 IS NULL', true],
    ['b + 1 = 128', true],
    ['m + m > 0', true],
    ['m * 2 = 19999999999999999.98', true],
    ['none <=> NULL', true],
    ['none = NULL', false],
    ['NOT none <=> 1', true],
    ['i == -7 AND i != 7 AND ! (i > 0)', true],
    ['NOT i = 7 OR false', true],
    ['nan = nan AND nan > 1e308', true],
    ['isnan(nan) AND NOT isnan(CAST(none AS DOUBLE))', true],
    ['f > 0.05 AND f < 1', true],
    ['s LIKE "a\\%b_"', true],
    ["s RLIKE '^a%b$'", true],
    ["s RLIKE 'a.b\\\\s'", true],
    ["s rlike 'b.'", false],
    ["word RLIKE '^[A-Z][^0-9]{3,}e$'", true],
    ["regexp_like(word, '(ss|ß)')", true],
    ['`ODD ``name` = 1', true],
    ['o.x BETWEEN 5 AND 5L', true],
    ["day >= '2024-01-01' AND day < DATE'2024-01-02'", true],
    ["wall > TIMESTAMP_NTZ '2024-01-01 00:59:59.999999'", true],
    ["at = TIMESTAMP '2024-01-01 01:00:00+01:00'", true],
    ['hour(wall) = 1 AND dayofweek(day) = 2 AND datediff(day, date_sub(day, 3)) = 3', true],
    ["CASE WHEN i < 0 THEN 'minus' ELSE word END = 'minus'", true],
    ['CASE i WHEN -7 THEN yes END', true],
    ['coalesce(none, i) IN (1, -7) AND none NOT IN (1, 2) IS NULL', true],
    ["substring(word, 2, 3) || 'x' = 'trax' AND length(word) = 6 AND octet_length(word) = 7", true],
    ['concat(word, CAST(NULL AS STRING)) IS NULL', true],
    ['CAST(d AS INT) = 2 AND CAST(-2.5 AS INT) = -2 AND CAST(2.5 AS DECIMAL(2)) = 3', true],
    ["CAST(i AS STRING) = '-7' -- the end", true],
    ['if(yes, i, none) = -7 AND nvl(none, 4) = 4 AND greatest(none, 1, 2) = 2', true],
    ["'it\\'s' = \"it's\" AND '\\u00e4' = 'ä' AND '\\t' = '\t'", true],
    ['yes IS NOT FALSE AND (none > 0) IS UNKNOWN', true],
    ['i & 1 = 1', true],
  ])('%s', async (sql, expected) => {
    expect(await expressions.test(rows, sql, 'spark')).toEqual(Uint8Array.of(Number(expected)))
  })

  test.each<[string, RegExp]>([
    ['unhex(s) = 1', /the function unhex/],
    ["i > '5'", /> of integer and string/],
    ['s = 5', /= of string and integer/],
    ["at > TIMESTAMP '2024-01-01'", /TIMESTAMP '2024-01-01', which each session reads in its own zone/],
    ["at > '2024-01-01'", /> of timestamp and string/],
    ['year(at) = 2024', /year of a timestamp/],
    ['at > day', /> of timestamp and date/],
    ['CAST(at AS DATE) = day', /CAST of timestamp to date/],
    ['CAST(s AS INT) = 1', /CAST of string to integer/],
    ['m / 2 > 1', /division of decimals/],
    ['f = i', /= of float and integer/],
    ["s RLIKE '(?i)a'", /\(\?i in a regular expression/],
    ["s RLIKE '\\\\bword'", /\\b in a regular expression/],
    ['s RLIKE word', /pattern that is not written out/],
    ["s LIKE 'a' ESCAPE '/'", /LIKE with ESCAPE/],
    ["'it''s' = s", /strings side by side/],
    ['current_date() > day', /the function current_date/],
    ['i + INTERVAL 1 DAY > 1', /INTERVAL/],
    ['nothing > 1', /nothing, which is no column/],
    ['i', /a condition|integer/],
    ['i >', /an end where a value is expected/],
    ['i > 1 > yes)', /"\)" where nothing more is expected/],
    ['o = o', /= of struct/],
    ['m * CAST(1 AS DECIMAL(30, 2)) > 0', /more than 38 digits/],
  ])('%s is refused, and it is reported why', async (sql, message) => {
    const refused: unknown = await expressions.test(rows, sql, 'spark').then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ message: expect.stringMatching(message) as string })
    expect((refused as Error).message).toContain(`the condition ${sql}`)
  })

  test('an overflow and a letter that engines change differently are errors, not values', async () => {
    await expect(expressions.test(rows, 'l * 4 > 0', 'spark')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    await expect(expressions.test(rows, "upper(word) = 'X'", 'spark')).rejects.toThrow(/differs between engines/)
    expect(
      await expressions.test(rows, "upper(s) = 'A%B\\n' AND lower(CAST(NULL AS STRING)) IS NULL", 'spark'),
    ).toEqual(Uint8Array.of(1))
  })

  test('what is a name stays one, and a text a text, whatever it holds', () => {
    expect(sparkCondition("`a\"; DROP` = '\\'; x'", [field('a"; DROP', 'string')])).toBe(
      `(CAST("a""; DROP" AS VARCHAR) = CAST(CAST('''; x' AS VARCHAR) AS VARCHAR))`,
    )
  })
})
