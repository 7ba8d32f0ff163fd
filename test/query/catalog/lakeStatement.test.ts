import { describe, expect, test } from 'vitest'

import { parseLakeStatement } from '../../../shared/query/catalog/lakeStatement.js'
import { edited, tokensOf } from '../../../shared/query/catalog/statementText.js'

describe('what a statement asks of the lake itself', () => {
  test.each([
    ['SHOW TABLES', { kind: 'showTables', namespace: undefined }],
    ['show tables in bronze;', { kind: 'showTables', namespace: 'bronze' }],
    ['SHOW TABLES FROM a."b c"', { kind: 'showTables', namespace: 'a.b c' }],
    ['DESCRIBE HISTORY silver.events', { kind: 'history', table: 'silver.events', limit: undefined }],
    ['desc history silver.events limit 3 ;', { kind: 'history', table: 'silver.events', limit: 3 }],
    ["DESCRIBE HISTORY '/data/it''s é'", { kind: 'history', table: "/data/it's é", limit: undefined }],
    ['DESCRIBE DETAIL delta.`/data/a b`', { kind: 'detail', table: '/data/a b' }],
    ['-- the newest\nDESCRIBE DETAIL `x/y`', { kind: 'detail', table: 'x/y' }],
  ])('%s', (sql, statement) => {
    expect(parseLakeStatement(sql)).toEqual(statement)
  })

  test.each([
    'SELECT 1',
    'DESCRIBE silver.events',
    'DESCRIBE history',
    'DESCRIBE HISTORY a b',
    'DESCRIBE HISTORY a LIMIT x',
    'SHOW TABLES LIKE x',
    "SELECT 'SHOW TABLES'",
    '',
  ])('%s is a query, and DuckDB says what is wrong with it', sql => {
    expect(parseLakeStatement(sql)).toEqual({ kind: 'query' })
  })
})

test('tokens know strings, names and comments from what they hold', () => {
  const sql = `SELECT 'a -- "b' /* AT ( */ , "q""x", $$ 'AT' $$ -- end\nFROM é.t AT (VERSION => 3)`
  expect(tokensOf(sql).map(token => Buffer.from(token.text, 'latin1').toString())).toEqual([
    'SELECT',
    `'a -- "b'`,
    ',',
    '"q""x"',
    ',',
    "$$ 'AT' $$",
    'FROM',
    'é',
    '.',
    't',
    'AT',
    '(',
    'VERSION',
    '=>',
    '3',
    ')',
  ])
  const at = tokensOf(sql).find(token => token.text === 'AT')
  expect(edited(sql, [{ start: at?.start ?? 0, end: at?.end ?? 0, text: 'ßé' }])).toBe(
    sql.replace(/AT(?= \(VERSION)/, 'ßé'),
  )
})
