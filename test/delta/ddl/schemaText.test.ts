import { describe, expect, test } from 'vitest'

import { parseColumnText, parseSchemaText, parseTypeText } from '../../../shared/delta/ddl/schemaText.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import { variantType } from '../../../shared/types/index.js'

const field = (name: string, type: unknown, more: object = {}) => ({
  name,
  type,
  nullable: true,
  metadata: {},
  ...more,
})

describe('a schema as text', () => {
  test('has every type by every name', () => {
    const text =
      'a BOOLEAN, b TINYINT, c byte, d smallint, e Short, f INT, g integer, h BIGINT, i long, j FLOAT, k real, l DOUBLE, ' +
      'm date, n TIMESTAMP, o timestamp_ntz, p STRING, q BINARY, r void, s DECIMAL(38, 10), t dec(5), u NUMERIC, v variant'
    expect(parseSchemaText(text).fields.map(({ type }) => type)).toEqual([
      'boolean',
      'byte',
      'byte',
      'short',
      'short',
      'integer',
      'integer',
      'long',
      'long',
      'float',
      'float',
      'double',
      'date',
      'timestamp',
      'timestamp_ntz',
      'string',
      'binary',
      'void',
      { type: 'decimal', precision: 38, scale: 10 },
      { type: 'decimal', precision: 5, scale: 0 },
      { type: 'decimal', precision: 10, scale: 0 },
      variantType,
    ])
  })

  test('nests, with colons or without, closing several at once', () => {
    expect(
      parseSchemaText('s STRUCT<x: INT NOT NULL, y ARRAY<MAP<STRING, STRUCT<z: DECIMAL(1,0)>>>>, e struct<>'),
    ).toEqual({
      type: 'struct',
      fields: [
        field('s', {
          type: 'struct',
          fields: [
            field('x', 'integer', { nullable: false }),
            field('y', {
              type: 'array',
              containsNull: true,
              elementType: {
                type: 'map',
                keyType: 'string',
                valueContainsNull: true,
                valueType: { type: 'struct', fields: [field('z', { type: 'decimal', precision: 1, scale: 0 })] },
              },
            }),
          ],
        }),
        field('e', { type: 'struct', fields: [] }),
      ],
    })
  })

  test('has names in backticks, comments and NOT NULL in any order', () => {
    const { fields } = parseSchemaText(
      "`a b``, c` INT COMMENT 'it''s \\'so\\'' NOT NULL, größe LONG not null comment \"x\", comment STRING, `not` INT",
    )
    expect(fields).toEqual([
      field('a b`, c', 'integer', { nullable: false, metadata: { comment: "it's 'so'" } }),
      field('größe', 'long', { nullable: false, metadata: { comment: 'x' } }),
      field('comment', 'string'),
      field('not', 'integer'),
    ])
  })

  test('is a schema that can stand in the log', () => {
    expect(JSON.parse(formatSchema(parseSchemaText('id BIGINT NOT NULL')))).toEqual({
      type: 'struct',
      fields: [field('id', 'long', { nullable: false })],
    })
  })

  test('of a single column has the path of a field', () => {
    expect(parseColumnText('a.`b.c`.d INT NOT NULL')).toEqual({
      path: ['a', 'b.c', 'd'],
      field: field('d', 'integer', { nullable: false }),
    })
    expect(parseColumnText('a INT FIRST').position).toBe('first')
    expect(parseColumnText("a INT COMMENT 'x' after `b c`")).toEqual({
      path: ['a'],
      field: field('a', 'integer', { metadata: { comment: 'x' } }),
      position: { after: 'b c' },
    })
    expect(parseTypeText('array<int>')).toEqual({ type: 'array', elementType: 'integer', containsNull: true })
  })

  test.each([
    ['', /at its end: expected the name of a column/],
    ['id', /at its end: expected a type of column id/],
    ['id INTT', /at "INTT": expected a type of column id/],
    ['id INT,', /at its end: expected another column behind the comma/],
    ['id INT x', /at "x": expected a comma or the end/],
    ['id INT NOT', /expected NULL behind NOT/],
    ['a ARRAY<INT', /at its end: expected >/],
    ['a MAP<INT>', /at ">": expected ,/],
    ['a STRUCT<x: INT, x INT>', /column a\.x stands twice/],
    ['a INT, A INT', /column A stands twice/],
    ['d DECIMAL(39,0)', /DECIMAL\(39,0\) cannot be/],
    ['d DECIMAL(3,4)', /cannot be/],
    ['d DECIMAL(a)', /expected a number/],
    ['v VARCHAR(10)', /say STRING/],
    ['id INT DEFAULT 1', /clause DEFAULT/],
    ['id BIGINT GENERATED ALWAYS AS IDENTITY', /clause GENERATED/],
    ['id INT COMMENT x', /expected a text in quotes/],
    ['`id INT', /expected the name of a column/],
    ['a INTERVAL DAY', /expected a type/],
  ])('%j says where it is wrong and what was expected', (text, message) => {
    expect(() => parseSchemaText(text)).toThrow(message)
  })
})
