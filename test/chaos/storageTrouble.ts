import { parseLogName } from '../../shared/delta/index.js'
import { Faults } from '../../shared/storage/faults/index.js'

const isCommit = (path: string) => parseLogName(path)?.kind === 'commit'

/**
 * Storage as it is on a bad day, for ever: lost answers, errors after and before the deed (500, 503), a retried write
 * that meets itself (409, 412), slow writes.
 * @param random numbers in [0, 1), from a seed
 * @param slowMs how long a slow operation takes, at most
 */
export function storageTrouble(random: () => number, slowMs: number): Faults {
  const always = { times: Infinity }
  const faults = new Faults(random)
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'meetOwnWrite' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail', ambiguous: true }, chance: 0.03, ...always })
    .add({ on: ['put', 'get', 'head', 'create', 'close', 'list'], fault: { kind: 'fail' }, chance: 0.003, ...always })
    .add({ on: ['put', 'putIfAbsent', 'close', 'delete'], fault: { kind: 'loseAnswer' }, chance: 0.01, ...always })
  for (const share of [1, 0.3, 0.1]) {
    faults.add({
      on: ['put', 'putIfAbsent', 'close', 'get'],
      fault: { kind: 'delay', ms: slowMs * share },
      chance: 0.02,
      ...always,
    })
  }
  return faults
}
