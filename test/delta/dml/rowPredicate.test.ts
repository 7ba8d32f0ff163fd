import { describe, expect, test } from 'vitest'

import { fittedPredicate, predicateFields, testRows } from '../../../shared/delta/dml/rowPredicate.js'
import type { Predicate } from '../../../shared/delta/stats/predicate.js'
import { predicateText } from '../../../shared/delta/stats/predicateText.js'
import type { StructType, Value } from '../../../shared/types/index.js'
import { columnField } from '../logFixture.js'

const schema: StructType = {
  type: 'struct',
  fields: [
    columnField('n', 'integer'),
    columnField('x', 'double'),
    columnField('t', 'string'),
    columnField('b', 'binary'),
    columnField('f', 'boolean'),
    columnField('d', { type: 'decimal', precision: 5, scale: 2 }),
    columnField('day', 'date'),
    columnField('at', 'timestamp'),
    columnField('wall', 'timestamp_ntz'),
    columnField('s', { type: 'struct', fields: [columnField('Inner.most', 'long')] }),
    columnField('list', { type: 'array', elementType: 'long', containsNull: true }),
  ],
}

function holding(predicate: Predicate, column: string, values: readonly Value[]): Value[] {
  const fitted = fittedPredicate(predicate, schema)
  const field = schema.fields.find(({ name }) => name === column) ?? schema.fields[0]
  const found = testRows(
    { count: values.length, columns: field === undefined ? [] : [{ field, data: values }] },
    fitted,
  )
  return values.filter((_, i) => found[i] === 1)
}

describe('a predicate, row by row', () => {
  test('is never true of a null that it compares, nor is its opposite', () => {
    for (const op of ['=', '<', '<=', '>', '>='] as const) {
      const predicate = { op, column: 'n', value: 2 } as const
      const [yes, no] = [
        holding(predicate, 'n', [1, 2, 3, null]),
        holding({ op: 'not', of: predicate }, 'n', [1, 2, 3, null]),
      ]
      expect([...yes, ...no].sort(), op).toEqual([1, 2, 3])
      expect(holding({ op, column: 'n', value: null }, 'n', [1, null])).toEqual([])
      expect(holding({ op: 'not', of: { op, column: 'n', value: null } }, 'n', [1, null])).toEqual([])
    }
  })

  test('knows that unknown or true is true, and unknown and false is false', () => {
    const unknown: Predicate = { op: '=', column: 'n', value: null }
    const [yes, no]: Predicate[] = [
      { op: 'isNotNull', column: 'n' },
      { op: 'isNull', column: 'n' },
    ]
    const is = (predicate: Predicate) => holding(predicate, 'n', [1]).length === 1
    expect(is({ op: 'or', of: [unknown, yes as Predicate] })).toBe(true)
    expect(is({ op: 'and', of: [unknown, yes as Predicate] })).toBe(false)
    expect(is({ op: 'not', of: { op: 'and', of: [unknown, no as Predicate] } })).toBe(true)
    expect(is({ op: 'not', of: { op: 'and', of: [unknown, yes as Predicate] } })).toBe(false)
    expect(is({ op: 'and', of: [] })).toBe(true)
    expect(is({ op: 'or', of: [] })).toBe(false)
  })

  test('finds values in lists as SQL does: a null in the list makes all others unknown', () => {
    expect(holding({ op: 'in', column: 'n', values: [1, 3] }, 'n', [1, 2, 3, null])).toEqual([1, 3])
    expect(holding({ op: 'in', column: 'n', values: [1, null] }, 'n', [1, 2, null])).toEqual([1])
    expect(holding({ op: 'not', of: { op: 'in', column: 'n', values: [1, null] } }, 'n', [1, 2, null])).toEqual([])
    expect(holding({ op: 'not', of: { op: 'in', column: 'n', values: [1] } }, 'n', [1, 2, null])).toEqual([2])
    expect(holding({ op: 'not', of: { op: 'in', column: 'n', values: [] } }, 'n', [1, null])).toEqual([1, null])
    expect(
      holding({ op: 'in', column: 'b', values: [Uint8Array.of(1, 2)] }, 'b', [
        Uint8Array.of(1, 2),
        Uint8Array.of(1),
        null,
      ]),
    ).toEqual([Uint8Array.of(1, 2)])
  })

  test('orders as Spark does: NaN above all, -0 as 0, texts and bytes by their bytes', () => {
    expect(holding({ op: '=', column: 'x', value: NaN }, 'x', [1, NaN, Infinity])).toEqual([NaN])
    expect(holding({ op: '>', column: 'x', value: Infinity }, 'x', [1, NaN, Infinity])).toEqual([NaN])
    expect(holding({ op: '=', column: 'x', value: 0 }, 'x', [-0, 0, 1])).toEqual([-0, 0])
    expect(holding({ op: '>', column: 't', value: '\uffff' }, 't', ['\u{10000}', 'z', '\ue000'])).toEqual(['\u{10000}'])
    expect(
      holding({ op: '<', column: 'b', value: Uint8Array.of(128) }, 'b', [
        Uint8Array.of(127, 255),
        Uint8Array.of(255),
        new Uint8Array(0),
      ]),
    ).toEqual([Uint8Array.of(127, 255), new Uint8Array(0)])
  })

  test('looks inside structs, where a null struct is null in each field', () => {
    const rows = [{ 'Inner.most': 5n }, { 'Inner.most': null }, {}, null]
    const column = 'S.`inner.MOST`'
    expect(holding({ op: '=', column, value: 5n }, 's', rows)).toEqual([rows[0]])
    expect(holding({ op: 'isNull', column }, 's', rows)).toEqual(rows.slice(1))
    expect(holding({ op: 'isNull', column: 's' }, 's', rows)).toEqual([null])
    expect(predicateFields(fittedPredicate({ op: 'isNull', column }, schema), schema).map(({ name }) => name)).toEqual([
      's',
    ])
  })

  test('refuses columns that are not there and values that compare with nothing', () => {
    for (const column of ['nn', 's.x', 'n.x', '', 'list.element'])
      expect(() => fittedPredicate({ op: 'isNull', column }, schema), column).toThrow(
        expect.objectContaining({ code: 'DELTA_NO_COLUMN' }) as Error,
      )
    const misfits: readonly (readonly [string, Value])[] = [
      ['n', 1n],
      ['x', '1'],
      ['t', 1],
      ['b', 'a'],
      ['f', 1],
      ['d', 1.5],
      ['day', '2024-01-01'],
      ['at', 5],
      ['s', {}],
      ['list', 1n],
    ]
    for (const [column, value] of misfits) {
      expect(() => fittedPredicate({ op: '=', column, value }, schema), column).toThrow(
        expect.objectContaining({ code: 'DELTA_UNSUPPORTED_TYPE' }) as Error,
      )
      expect(
        () => fittedPredicate({ op: 'not', of: { op: 'in', column, values: [null, value] } }, schema),
        column,
      ).toThrow(/cannot be compared/)
    }
  })
})

describe('the text of a predicate', () => {
  test('is SQL, and says of a long list how long it is', () => {
    const text = (predicate: Predicate) => predicateText(fittedPredicate(predicate, schema), schema)
    expect(
      text({
        op: 'and',
        of: [
          { op: '=', column: 't', value: "it's" },
          { op: 'not', of: { op: 'isNull', column: 'N' } },
        ],
      }),
    ).toBe("((t = 'it''s') AND (NOT (n IS NULL)))")
    expect(
      text({
        op: 'or',
        of: [
          { op: '>', column: 'd', value: -5n },
          { op: 'in', column: 'f', values: [true, null] },
        ],
      }),
    ).toBe('((d > -0.05) OR (f IN (true, NULL)))')
    expect(text({ op: '<', column: 'day', value: 19_000 })).toBe("(day < DATE '2022-01-08')")
    expect(text({ op: '<', column: 'at', value: 1n })).toBe("(at < TIMESTAMP '1970-01-01 00:00:00.000001Z')")
    expect(text({ op: '<', column: 'wall', value: 1n })).toBe("(wall < TIMESTAMP_NTZ '1970-01-01 00:00:00.000001')")
    expect(text({ op: '=', column: 'b', value: Uint8Array.of(10, 255) })).toBe("(b = X'0AFF')")
    expect(text({ op: 'in', column: 'n', values: [...Array(30).keys()] })).toMatch(/, 24, \.\.\. 5 more values\)\)$/)
  })

  test('is for a plan as a person writes it, with the brackets it needs, and whole', () => {
    const text = (predicate: Predicate) => predicateText(fittedPredicate(predicate, schema), schema, 'plan')
    const name: Predicate = { op: '=', column: 't', value: "it's" }
    expect(text({ op: 'not', of: name })).toBe("t <> 'it''s'")
    expect(text({ op: 'not', of: { op: 'isNull', column: 'n' } })).toBe('NOT (n IS NULL)')
    expect(
      text({
        op: 'and',
        of: [
          { op: 'or', of: [name, { op: 'isNotNull', column: 'n' }] },
          { op: '<', column: 'day', value: 19_000 },
          { op: 'and', of: [] },
        ],
      }),
    ).toBe("(t = 'it''s' OR n IS NOT NULL) AND day < DATE '2022-01-08' AND (true)")
    expect(text({ op: 'or', of: [] })).toBe('false')
    expect(text({ op: 'in', column: 'n', values: [...Array(30).keys()] })).toMatch(/, 24, 25, .*, 29\)$/)
  })

  test('has values in the type of their column, whatever that is called', () => {
    const named: StructType = { type: 'struct', fields: [{ name: 'a, b', type: 'date', nullable: true }] }
    expect(predicateText({ op: '<', column: 'a, b', value: 19_000 }, named)).toBe("(a, b < DATE '2022-01-08')")
  })
})
