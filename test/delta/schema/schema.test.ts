import { describe, expect, test } from 'vitest'

import { decodeActions } from '../../../shared/delta/actions/actionCodec.js'
import { DeltaError } from '../../../shared/delta/deltaError.js'
import {
  checkNewColumnNames,
  formatSchema,
  leafColumns,
  parseSchema,
  typeText,
} from '../../../shared/delta/schema/schema.js'
import { parseJson } from '../../../shared/types/index.js'
import { haveConformanceTables } from '../../harness/conformanceTables.js'
import { logFiles } from '../conformanceLogs.js'

const field = (name: string, type: unknown) => ({ name, type, nullable: true, metadata: {} })
const schemaOf = (...fields: unknown[]) => JSON.stringify({ type: 'struct', fields })

describe('schema', () => {
  test('metadata survives, with numbers a double cannot hold', () => {
    const text =
      '{"type":"struct","fields":[{"name":"a","type":"decimal(38,18)","nullable":false,"metadata":' +
      '{"comment":"ü","delta.identity.start":9223372036854775807}},{"name":"m","type":{"type":"map","keyType":"string",' +
      '"valueType":{"type":"array","elementType":"long","containsNull":false},"valueContainsNull":true},"nullable":true,"metadata":{}}]}'
    expect(formatSchema(parseSchema(text))).toBe(text)
  })

  test.each(['variant', 'void'])('%s is the same after it is written again, at any depth', type => {
    const text = schemaOf(field('s', { type: 'struct', fields: [field('x.y', type)] }), field('t', type))
    expect(formatSchema(parseSchema(text))).toBe(text)
  })

  test('a variant is one leaf, whatever its encoding has inside', () => {
    expect(leafColumns(parseSchema(schemaOf(field('v', 'variant')))).map(({ path }) => path)).toEqual([['v']])
  })

  test.each([
    [schemaOf(field('a', 'uint8')), /field a has the unknown type "uint8"/],
    [schemaOf(field('a', 'decimal(39,2)')), /impossible type/],
    [schemaOf({ name: 'a', type: 'long', metadata: {} }), /field a does not say whether it is nullable/],
    [
      schemaOf(field('a', { type: 'struct', fields: [field('b', 'long'), field('B', 'long')] })),
      /field a\.B stands twice/,
    ],
    ['"long"', /must be a struct/],
  ])('%s is a clear error', (text, message) => {
    expect(() => parseSchema(text)).toThrow(message)
    expect(() => parseSchema(text)).toThrow(DeltaError)
  })

  test('two names that differ only in case are not written either, at any depth', () => {
    const pair = [
      { name: 'b', type: 'long', nullable: true },
      { name: 'B', type: 'long', nullable: true },
    ] as const
    const nested = { type: 'array', elementType: { type: 'struct', fields: pair }, containsNull: true } as const
    expect(() => formatSchema({ type: 'struct', fields: [{ name: 'a', type: nested, nullable: true }] })).toThrow(
      /field a\.element\.B stands twice/,
    )
  })

  test('leaves are counted through structs, and an array or a map is one leaf', () => {
    const schema = parseSchema(
      schemaOf(
        field('a', 'long'),
        field('s', {
          type: 'struct',
          fields: [field('x', 'string'), field('y', { type: 'array', elementType: 'long', containsNull: true })],
        }),
      ),
    )
    expect(leafColumns(schema).map(({ path, field }) => `${path.join('/')}: ${typeText(field.type)}`)).toEqual([
      'a: long',
      's/x: string',
      's/y: array<long>',
    ])
  })

  test('names with blanks are refused for a new table', () => {
    const check = (name: string) => () => {
      checkNewColumnNames(parseSchema(schemaOf(field(name, 'long'))))
    }
    expect(check('a b')).toThrow(/column name a b/)
    expect(check('ä-b.c')).not.toThrow()
  })
})

describe.skipIf(!haveConformanceTables)('schemas that other engines wrote', () => {
  test('mean the same after they are written again', () => {
    let schemas = 0
    for (const { table, name, text } of logFiles(/^\d{20}\.json$/))
      for (const action of decodeActions(text, { table, file: name })) {
        if (!('metaData' in action)) continue
        const { schemaString } = action.metaData
        // An older name of void, which is not written any more.
        if (schemaString.includes('"null"')) continue
        expect(parseJson(formatSchema(parseSchema(schemaString))), table).toEqual(parseJson(schemaString))
        schemas++
      }
    expect(schemas).toBeGreaterThan(50)
  })
})
