import { describe, expect, test } from 'vitest'

import { findConflict } from '../../../shared/delta/transaction/conflict.js'
import { before, kinds, protocolAndMetadataOf, readsOf } from './conflictKinds.js'
import { matrix, reasonFor } from './conflictOutcomes.js'

describe('of two changes planned on one version', () => {
  const cases = kinds.flatMap(winner =>
    kinds.map(loser => [winner.name, loser.name, reasonFor(winner.name, loser.name)] as const),
  )

  test('every pair has an outcome', () => {
    expect(Object.keys(matrix)).toEqual(kinds.map(({ name }) => name))
    for (const [winner, line] of Object.entries(matrix)) expect([winner, line.length]).toEqual([winner, kinds.length])
  })

  test.each(cases)('%s first, then %s: %s', (first, second, reason) => {
    const [winner, loser] = [first, second].map(name => kinds.find(kind => kind.name === name))
    if (winner === undefined || loser === undefined) throw new Error('no such kind')
    const transaction = { actions: loser.actions('second'), reads: readsOf(loser.reads) }
    expect(
      findConflict(transaction, winner.actions('first'), protocolAndMetadataOf(before(winner, loser)))?.reason,
    ).toBe(reason)
  })
})
