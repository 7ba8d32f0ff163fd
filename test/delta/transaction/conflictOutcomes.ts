import type { ConflictReason } from '../../../shared/delta/transaction/transaction.js'
import { kinds } from './conflictKinds.js'

/**
 * What the reference does (ConflictChecker.scala of Delta 4.1, isolation level Serializable, which is the only one a
 * table can ask for): test/interop/conflicts.test.ts asks it again. One line for each change that wins, one letter for
 * each that comes second, both in the order of `kinds`; `.` goes over it.
 */
export const letters: Readonly<Record<string, ConflictReason>> = {
  P: 'protocolChanged',
  M: 'metadataChanged',
  D: 'domainChanged',
  T: 'concurrentTransaction',
  A: 'concurrentAppend',
  R: 'concurrentDeleteRead',
  X: 'concurrentDeleteDelete',
}

export const matrix: Readonly<Record<string, string>> = {
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

/** What becomes of the second of two changes. */
export function reasonFor(winner: string, loser: string): ConflictReason | undefined {
  return letters[matrix[winner]?.[kinds.findIndex(({ name }) => name === loser)] ?? '']
}
