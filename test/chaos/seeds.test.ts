import { expect, test } from 'vitest'

import { isRetryable } from '../../shared/errors.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { Random, testSeed } from '../random.js'
import { SeededLake } from './seededLake.js'

/** `CHAOS_SEED` brings one back; `CHAOS_SEEDS` says how many are drawn. */
const given = process.env['CHAOS_SEED']
const count = Number(process.env['CHAOS_SEEDS'] ?? 1)
const seeds =
  given === undefined ? Array.from({ length: count }, (_, n) => (testSeed + n * 7_919) % 2 ** 31) : [Number(given)]

test.each(seeds)(
  'whatever dies, fails and races, every offset and every key is there once (CHAOS_SEED=%i)',
  async seed => {
    const note = `CHAOS_SEED=${seed}`
    const random = new Random(seed)
    await using chaos = await SeededLake.open(random)
    for (let turn = 0; turn < 10; turn++) await chaos.turn()
    expect(
      chaos.surprises.filter(error => !isRetryable(error)),
      note,
    ).toEqual([])
    const { base } = chaos
    expect(await chaos.settle(), note).toEqual([])

    expect(eachOffsetOnce(await base.lineage(), await chaos.spans()), note).toEqual([])
    const valid = (await base.rows()).filter(row => row['_error_code'] === null && row['event_id'] !== null)
    const keys = new Set(valid.map(row => row['event_id'] as string))
    for (const path of ['silver/events', 'gold/events_scored'])
      expect(
        eachKeyOnce(
          (await base.read(path)).map(row => row['event_id'] as string),
          keys,
        ),
        `${note} ${path}`,
      ).toEqual([])
    expect(await chaos.openIdentities(), note).toEqual([])
  },
)
