import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { ContractError, defineStream, double, timestamp, UndeclaredCounter } from '../../shared/contract/index.js'

const timeMs = Date.UTC(2025, 3, 1)
const at = new Date(timeMs).toISOString()
const was = (...aliases: readonly unknown[]) => ({ aliases })

const streamOf = (shape: z.core.$ZodLooseShape, more: { readonly isStrict?: boolean } = {}) => {
  const all = { id: z.string().min(1).meta(was('order_id', 'constructor')), at: timestamp(), ...shape }
  return defineStream({
    name: 's',
    topic: 's',
    schema: more.isStrict === true ? z.strictObject(all) : z.object(all),
    key: 'id',
    eventTime: 'at',
    allowedLateness: '1 minute',
    dedupeWithin: '1 day',
  })
}

const flat = streamOf({ amount: double().optional().meta(was('value', 'val')) })
const nested = streamOf({
  items: z.array(z.object({ sku: z.string().meta(was('code')) })),
  more: z.record(z.string(), z.object({ v: z.number().meta(was('w')) })).optional(),
})

function read(stream: typeof flat, json: string) {
  const counter = new UndeclaredCounter(stream.fields)
  const outcome = stream.parse(Buffer.from(json), timeMs, timeMs, counter)
  return {
    row: outcome.valid ? outcome.row : outcome.rejection,
    undeclared: counter.counts.fields.map(({ path }) => path.join('.')),
  }
}

describe('a former name', () => {
  test.each([
    [`{"id":"a","at":"${at}","amount":1}`, 'a', 1],
    [`{"order_id":"a","at":"${at}","value":"2"}`, 'a', 2],
    [`{"val":3,"at":"${at}","constructor":"a"}`, 'a', 3],
    // The present name counts, whatever stands under former ones; the first of them before the others.
    [`{"value":1,"amount":4,"at":"${at}","id":"a","order_id":"b"}`, 'a', 4],
    [`{"val":1,"value":5,"at":"${at}","id":"\\u0061"}`, 'a', 5],
    [`{"id":"a","at":"${at}"}`, 'a', null],
  ])('stands for the field in %s', (json, id, amount) => {
    expect(read(flat, json)).toEqual({ row: { id, at: BigInt(timeMs) * 1000n, amount }, undeclared: [] })
  })

  test('stands for it inside arrays and maps, beside fields that nobody declared', () => {
    const json = `{"id":"a","at":"${at}","items":[{"code":"x","n":1},{"sku":"y"}],"more":{"k":{"w":1}}}`
    expect(read(nested, json)).toMatchObject({
      row: { items: [{ sku: 'x' }, { sku: 'y' }] },
      undeclared: ['items.0.n'],
    })
  })

  test('is no stranger to a strict contract, and is where the key of a record is', () => {
    const strict = streamOf({}, { isStrict: true })
    expect(read(strict, `{"order_id":"a","at":"${at}"}`).row).toMatchObject({ id: 'a' })
    expect(read(strict, `{"order":"a","at":"${at}"}`).row).toMatchObject({ path: 'order' })
    expect(flat.keyOf(Buffer.from('{"order_id":"a"}'))).toBe('a')
    expect(flat.keyOf(Buffer.from('{"order_id":"a","id":"b"}'))).toBe('b')
  })

  test('changes no column', () => {
    expect(flat.columns.map(({ name, metadata }) => [name, metadata])).toEqual([
      ['id', undefined],
      ['at', undefined],
      ['amount', undefined],
    ])
  })

  test.each([
    [{ a: z.string().meta(was('b')), b: z.string() }, /"s.a": its alias "b" is a name of the field "b" already/],
    [{ a: z.string().meta(was('x')), b: z.string().meta(was('x')) }, /"s.b": its alias "x" is a name of the field "a"/],
    [{ a: z.string().meta(was('a')) }, /its alias "a" is a name of the field "a"/],
    [{ a: z.string().meta({ aliases: 7 }) }, /aliases are a list of former names/],
    [{ a: z.string().meta(was('')) }, /aliases are a list of former names/],
    [{ a: z.string().meta(was('__proto__')) }, /cannot be read from JSON safely/],
    [{ o: z.object({ a: z.string().meta(was('b')), b: z.string() }) }, /"s.o.a"/],
  ])('%# that is another field is an error at declaration', (shape, message) => {
    expect(() => streamOf(shape)).toThrow(ContractError)
    expect(() => streamOf(shape)).toThrow(message)
  })
})
