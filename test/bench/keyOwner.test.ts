import { expect, test } from 'vitest'

import { distinctKeys, keyOwner } from './keyOwner.js'

test.each([0, 1, 100, 101, 30_000])('of %i events as many keys are distinct as it says', rows => {
  expect(new Set(Array.from({ length: rows }, (_, id) => keyOwner(id))).size).toBe(distinctKeys(rows))
})

test('duplicates are of events from all over those before, and come with the key of their event', () => {
  const owners = Array.from({ length: 300 }, (_, i) => [100 * (i + 1), keyOwner(100 * (i + 1))] as const)
  expect(owners.every(([id, owner]) => owner < id)).toBe(true)
  expect(new Set(owners.map(([id, owner]) => Math.floor((4 * owner) / id))).size).toBe(4)
})
