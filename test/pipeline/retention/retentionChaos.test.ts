import { expect, test } from 'vitest'

import { silverPath } from '../../../shared/contract/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { rebuildGold } from '../../../shared/pipeline/gold/index.js'
import { runGold, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { Random, seedNote } from '../../random.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { process, replay } from '../quarantine/quarantineFixture.js'
import { aging, day, expectBalanced, expireAll, keysOf, open, type Retain, send } from './retentionFixture.js'

const days = (n: number) => `${n} days`

function someRetention(random: Random): Retain {
  const bronze = 1 + random.below(3)
  const parts = {
    bronze: days(bronze),
    quarantine: days(bronze + random.below(3)),
    silver: days(1 + random.below(4)),
    scored: days(1 + random.below(5)),
    summary: days(1 + random.below(6)),
  }
  return Object.fromEntries(Object.entries(parts).filter(([name]) => name === 'bronze' || random.below(5) > 0))
}

/** What may happen, to whoever's process it happens. */
function actsOn(f: BronzeFixture, random: Random, retain: Retain): readonly ((lake: Lake) => Promise<unknown>)[] {
  const age = Math.floor((f.clock.now() - Date.UTC(2025, 3, 1)) / day)
  const some = () =>
    Array.from({ length: 1 + random.below(4) }, () => ({
      id: `k${random.below(12)}`,
      value: random.below(4) === 0 ? -1 : 1,
      type: random.below(6) === 0 ? 'heartbeat' : 'click',
      day: Math.max(0, age - random.below(5)),
    }))
  return [
    () => send(f, some()),
    () => send(f, some()),
    lake => runSilver(lake, 'timer'),
    lake => runGold(lake, 'timer'),
    lake => expireAll(lake, f.stream),
    lake => expireAll(lake, f.stream),
    lake => runMonitor(lake, 'timer'),
    lake => rebuildSilver(lake, f.stream),
    lake => rebuildGold(lake, f.stream),
    lake => replay({ lake }, aging(retain, { lenient: true })),
    lake => eraseKeys(lake, f.stream, [`k${random.below(12)}`]),
  ]
}

test('whatever comes, is removed, erased, replayed, made again and killed, the counts of every layer close', async () => {
  const random = new Random()
  for (let round = 0; round < 2; round++) {
    const retain = someRetention(random)
    await using f = await open(retain)
    await send(f, [{ id: 'k0' }])
    for (let turn = 0; turn < 14; turn++) {
      f.clock.advance(random.below(day))
      const faults = new Faults(() => random.next())
      if (random.below(3) === 0)
        faults.add({ on: ['put', 'putIfAbsent'], fault: { kind: 'loseAnswer' }, chance: 0.1, times: Infinity }).add({
          on: ['put', 'putIfAbsent', 'close'],
          fault: { kind: 'fail', retryable: false },
          chance: 0.1,
          times: Infinity,
        })
      const lake = await process(f, new FaultyStore(f.store, faults))
      const acts = actsOn(f, random, retain)
      const chosen = [random.pick(acts), random.pick(acts)]
      await Promise.allSettled(chosen.map(act => act(lake)))
    }
    const note = `${JSON.stringify(retain)}; ${seedNote}`
    await expectBalanced(f, note)
    await expireAll(f.lake, f.stream)
    await expectBalanced(f, note)
    const keys = await keysOf(f, silverPath(f.stream))
    const places = (await f.lineage()).map(({ generation, offset }) => `${generation}/${offset}`)
    expect(new Set(places).size, note).toBe(places.length)
    const lineage = (await f.read(silverPath(f.stream))).map(row => String(row['_offset'] as bigint))
    expect(new Set(lineage).size, note).toBe(keys.length)
  }
})
