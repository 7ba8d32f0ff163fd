import { expect, test } from 'vitest'

import { refersTo, sqlColumns } from '../../../shared/delta/write/sqlColumns.js'

test.each<[string, string[][]]>([
  ['a > 0', [['a']]],
  ['s <> \'a b\' AND `x y`.z = "c"', [['s'], ['AND'], ['x y', 'z']]],
  ['lower(s) LIKE concat(t.u, 1.5e3)', [['s'], ['LIKE'], ['t', 'u']]],
  ["`a``b` = 'it''s \\' c'", [['a`b']]],
  ['größe BETWEEN 1 AND 2', [['größe'], ['BETWEEN'], ['AND']]],
  ['`lower` (s)', [['lower'], ['s']]],
  ['s[0].x > 1', [['s'], ['x']]],
])('%s', (sql, columns) => {
  expect(sqlColumns(sql)).toEqual(columns)
})

test.each<[string, string[], boolean]>([
  ['a > 0', ['A'], true],
  ['s.x > 0', ['s'], true],
  ['s.x > 0', ['s', 'y'], false],
  ['s IS NOT NULL', ['s', 'y'], true],
  ["t = 'a'", ['a'], false],
  ['a(t) > 1', ['a'], false],
])('%s speaks of %j: %s', (sql, path, expected) => {
  expect(refersTo(sql, path)).toBe(expected)
})
