import { describe, expect, it } from 'vitest'
import { findConflict } from '../../shared/delta/conflict.js'
import type { ConflictReason } from '../../shared/delta/transaction.js'
import { before, kinds, readsOf, rulesOf } from './conflictKinds.js'

/**
 * What the reference does (ConflictChecker.scala of Delta 4.1, isolation level Serializable, which is the only one a
 * table can ask for): test/interop/conflicts.test.ts asks it again. One line for each change that wins, one letter for
 * each that comes second, both in the order of `kinds`; `.` goes over it.
 */
const letters: Readonly<Record<string, ConflictReason>> = {
  P: 'protocolChanged', M: 'metadataChanged', D: 'domainChanged', T: 'concurrentTransaction',
  A: 'concurrentAppend', R: 'concurrentDeleteRead', X: 'concurrentDeleteDelete',
}

const matrix: Readonly<Record<string, string>> = {
  append: '..AA...AAA.AA.......',
  'append to day 2': '..A.......AA........',
  'append that read the table': '..AA...AAA.AA.......',
  'append that read its day': '..AA...AAA.AA.......',
  'streaming append': '..A.T.....AA........',
  'streaming append of another': '..A.......AA........',
  optimize: '..AA..RAAA.AA.......',
  merge: '..AA..RAAA.AA.......',
  'delete of a day': '..RR..RRRR.RR.......',
  'delete with a vector': '..AA..RAAA.AA.......',
  'update of day 2': '..A.......AA........',
  overwrite: '..AA..RAAARAA.......',
  'overwrite of a day': '..AA..RAAA.AA.......',
  'change of a property': 'MMMMMMMMMMMMMMMMMMMM',
  'change of the schema': 'MMMMMMMMMMMMMMMMMMMM',
  'turning on of vectors': '.............MMMM...',
  'turning on of column mapping': '.............MMMM...',
  'new feature': '.................P..',
  'domain metadata': '..................D.',
  'domain metadata of another': '....................',
}

describe('of two changes planned on one version', () => {
  const cases = kinds.flatMap(winner =>
    kinds.map((loser, n): readonly [string, string, string, ConflictReason | undefined] => {
      const reason = letters[matrix[winner.name]?.[n] ?? '']
      return [winner.name, loser.name, reason ?? 'none', reason]
    }))

  it('every pair has an outcome', () => {
    expect(Object.keys(matrix)).toEqual(kinds.map(({ name }) => name))
    for (const [winner, line] of Object.entries(matrix)) expect([winner, line.length]).toEqual([winner, kinds.length])
  })

  it.each(cases)('%s first, then %s: conflict %s', (first, second, _outcome, reason) => {
    const [winner, loser] = [first, second].map(name => kinds.find(kind => kind.name === name))
    if (winner === undefined || loser === undefined) throw new Error('no such kind')
    const transaction = { actions: loser.actions('second'), reads: readsOf(loser.reads) }
    expect(findConflict(transaction, winner.actions('first'), rulesOf(before(winner, loser)))?.reason).toBe(reason)
  })
})
