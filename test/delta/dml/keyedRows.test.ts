import { describe, expect, test } from 'vitest'

import { KeyedRows } from '../../../shared/delta/dml/keyedRows.js'
import { testRows } from '../../../shared/delta/dml/rowPredicate.js'
import type { Predicate } from '../../../shared/delta/stats/predicate.js'
import type { StructField, Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { columnField } from '../logFixture.js'

const keyed = (type: StructField['type'], values: readonly Value[]) => {
  const field = columnField('k', type)
  return new KeyedRows(
    [{ count: values.length, columns: [{ field, data: values }] }],
    ['k'],
    { schema: { type: 'struct', fields: [field] }, partitionColumns: [] },
    {},
  )
}

const rangesOf = (predicate: Predicate | undefined) => {
  const [part] = predicate?.op === 'and' ? predicate.of : []
  return part?.op === 'or' ? part.of.length : undefined
}

describe('keys in memory', () => {
  test('tell in few words where they are, leaving out the wide gaps between them', () => {
    const values = [...Array(5000).keys()].flatMap(i => [BigInt(i), 10n ** 15n + BigInt(i) * 3n])
    const predicate = keyed('long', values).predicate()
    expect(rangesOf(predicate)).toBeLessThanOrEqual(256)
    const column = {
      field: columnField('k', 'long'),
      data: [0n, 4999n, 5000n, 10n ** 14n, 10n ** 15n - 1n, 10n ** 15n, 10n ** 15n + 14_997n, 10n ** 15n + 14_998n],
    }
    expect([...testRows({ count: 8, columns: [column] }, predicate as Predicate)]).toEqual([1, 1, 0, 0, 0, 1, 1, 0])
  })

  test('are never outside of what they tell, whatever their type and number', () => {
    const random = new Random()
    const kinds: readonly (readonly [StructField['type'], () => Value])[] = [
      ['long', () => random.long()],
      ['string', () => random.text(6)],
      ['double', () => random.pick([random.next() * 1e300, -random.next(), 0, -0, Infinity, -Infinity])],
      ['float', () => random.next()],
      [{ type: 'decimal', precision: 38, scale: 3 }, () => random.long() * 10n ** 15n],
      ['date', () => random.below(300)],
      ['boolean', () => random.below(2) === 0],
    ]
    for (const [type, make] of kinds) {
      for (const count of [1, 256, 257, 258, 600, 3000]) {
        const values = Array.from({ length: count }, make)
        const source = keyed(type, values)
        const [{ data } = { data: [] }] = source.rows.columns
        const stored = type === 'float' ? Array.from(data as number[], Math.fround) : data
        const column = { field: columnField('k', type), data: stored }
        const where = `${seedNote} ${JSON.stringify(type)} ${count}`
        expect(testRows({ count, columns: [column] }, source.predicate() as Predicate).indexOf(0), where).toBe(-1)
        expect(source.places({ count, columns: [column] }).indexOf(-1), where).toBe(-1)
        expect(rangesOf(source.predicate()) ?? 0, where).toBeLessThanOrEqual(256)
      }
    }
  })

  test('tell nothing where bounds cannot be relied on: of NaN and of bytes', () => {
    expect(keyed('double', [1, NaN]).predicate()).toBeUndefined()
    expect(keyed('binary', [Uint8Array.of(1)]).predicate()).toBeUndefined()
  })
})
