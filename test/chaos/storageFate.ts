import { Faults } from '../../shared/storage/faults/index.js'
import { Death } from '../pipeline/death.js'
import { Random } from '../random.js'

/** What is wrong with storage, or with the process, while one step runs. */
export function storageFate(random: Random): Faults {
  const own = new Random(random.below(2 ** 31))
  const next = () => own.next()
  switch (random.below(5)) {
    case 0:
    case 1:
      return new Death(random.below(random.below(2) === 0 ? 4 : 20), random.below(2) === 0)
    case 2: {
      // Data files are fetched side by side, in no order that a seed could bring back.
      const on = ['list', 'put', 'putIfAbsent', 'close'] as const
      return new Faults(next)
        .add({ on, chance: 0.2, times: 3, fault: { kind: random.pick(['fail', 'loseAnswer']) } })
        .add({
          on: 'get',
          path: path => path.includes('_delta_log/'),
          chance: 0.05,
          times: 2,
          fault: { kind: 'fail' },
        })
    }
    case 3: {
      // A disk that is full, or a storage that is away: nothing can be written, or nothing at all, for a while.
      const isFull = random.below(2) === 0
      const on = isFull
        ? (['put', 'putIfAbsent', 'create', 'close'] as const)
        : (['put', 'putIfAbsent', 'create', 'close', 'list', 'head', 'delete'] as const)
      const code = isFull ? ('STORAGE_FAILED' as const) : ('STORAGE_UNAVAILABLE' as const)
      return new Faults(next).add({ on, after: random.below(6), times: 1_000, fault: { kind: 'fail', code } })
    }
    default:
      return new Faults(next)
  }
}
