import { expect, test } from 'vitest'

import { longKey, longReader } from '../../../shared/delta/dml/longKeys.js'
import { Random, seedNote } from '../../random.js'

test('a long has one key, whether it comes alone or in a column, and no other long has it', () => {
  const random = new Random()
  const edges = [0n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]
  const values = new Set(
    [...edges.flatMap(edge => [edge - 1n, edge, edge + 1n]), ...Array.from({ length: 500 }, () => random.long())].map(
      value => BigInt.asIntN(64, value),
    ),
  )
  const column = BigInt64Array.from(values)
  const key = longReader(column)
  const keys = new Set<unknown>()
  for (const [row, value] of [...values].entries()) {
    expect(key(row), `${seedNote}: ${value}`).toBe(longKey(value))
    expect(BigInt(longKey(value))).toBe(value)
    keys.add(key(row))
  }
  expect(keys.size).toBe(values.size)
})
