import { expect, test } from 'vitest'

import { uuidOf } from '../../../shared/sources/synthetic/uuidOf.js'
import { Random, seedNote } from '../../random.js'

const count = 50_000

test('no two numbers have one id, near ones and far ones', () => {
  const random = new Random()
  const numbers = new Set([
    ...Array.from({ length: count }, (_, n) => n),
    ...Array.from({ length: count }, () => random.below(Number.MAX_SAFE_INTEGER)),
  ])
  const ids = new Set([...numbers].map(uuidOf))
  expect(ids.size, seedNote).toBe(numbers.size)
  for (const id of ids)
    if (!/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id)) throw new Error(id)
})

test('ids of numbers in order are in no order: each part of their range has its share', () => {
  const shares = new Array<number>(16).fill(0)
  let ascents = 0
  let before = ''
  for (let n = 0; n < count; n++) {
    const id = uuidOf(n)
    const at = parseInt(id.charAt(0), 16)
    shares[at] = (shares[at] ?? 0) + 1
    if (id > before) ascents++
    before = id
  }
  for (const share of shares) expect(share / (count / 16)).toBeCloseTo(1, 0.8)
  expect(ascents / count).toBeCloseTo(0.5, 1)
})

test('the same number has the same id, today and later', () => {
  expect([0, 1, 2 ** 53 - 1].map(uuidOf)).toMatchInlineSnapshot(`
    [
      "2f897ff9-59b1-4865-a23b-11b0186aaa26",
      "78d16581-d622-447d-b748-707cd3aa6242",
      "3dc17e2a-2dd9-4d6a-85ae-d0297d89792b",
    ]
  `)
})
