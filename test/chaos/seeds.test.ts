import type * as crypto from 'node:crypto'

import { expect, test, vi } from 'vitest'

import { Random, testSeed } from '../random.js'
import { wrongsOf } from './seededInvariants.js'
import { SeededLake } from './seededLake.js'

/** Names of files and ids of processes are drawn by the seed too, so that a run comes again as it was. */
const ids = vi.hoisted(() => ({ next: (): number => 0 }))
vi.mock('node:crypto', async original => {
  const uuid = () =>
    [8, 4, 4, 4, 12]
      .map(length => Array.from({ length }, () => Math.floor(ids.next() * 16).toString(16)).join(''))
      .join('-')
  return { ...(await original<typeof crypto>()), randomUUID: uuid }
})

/** `CHAOS_SEEDS` says how many are drawn; TEST_SEED is the first of them. */
const count = Number(process.env['CHAOS_SEEDS'] ?? 1)
const seeds = Array.from({ length: count }, (_, n) => (testSeed + n * 7_919) % 2 ** 31)

/** What a seed brings: what is wrong at the end, and a digest of all writes. */
async function run(
  seed: number,
): Promise<{ readonly wrongs: unknown; readonly digest: string; readonly story: string }> {
  const random = new Random(seed)
  const others = new Random(seed + 1)
  ids.next = () => others.next()
  vi.spyOn(Math, 'random').mockImplementation(() => others.next())
  await using chaos = await SeededLake.open(random)
  for (let turn = 0; turn < 10; turn++) await chaos.turn()
  const digest = chaos.digest()
  const failed = await chaos.settle()
  return { wrongs: [...chaos.surprises, ...failed, ...(await wrongsOf(chaos))], digest, story: chaos.story.join('\n') }
}

test.each(seeds)(
  'whatever dies, fails and races, every offset and every key is there once (TEST_SEED=%i)',
  async seed => {
    const { wrongs, story } = await run(seed)
    expect(wrongs, `CHAOS_SEEDS=1 TEST_SEED=${seed} npm run test:chaos brings this again:\n${story}`).toEqual([])
  },
)

test('the same seed brings the same run, write by write', async () => {
  expect((await run(testSeed)).digest, `TEST_SEED=${testSeed}`).toBe((await run(testSeed)).digest)
})
