import { expect, test } from 'vitest'

import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { runMonitor } from '../../../shared/pipeline/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { Random, seedNote } from '../../random.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { Death } from '../death.js'
import { ok } from '../gold/goldFixture.js'
import { ingest, open, process, quarantined, silverRows, strict } from '../quarantine/quarantineFixture.js'
import { tracesOf } from './traces.js'

const key = 'the key, "quoted"'

async function made(): Promise<BronzeFixture> {
  const f = await open()
  await ingest(f, [
    { id: key, value: 1 },
    { id: 'other', value: 2 },
    { id: key, value: -1 },
    { id: 'other', value: -2 },
  ])
  return f
}

async function eraseDying(f: BronzeFixture, death: Death): Promise<void> {
  const lake = await process(f, new FaultyStore(f.store, death))
  await eraseKeys(lake, strict, [key]).catch(() => undefined)
  await lake.close().catch(() => undefined)
}

async function expectErased(f: BronzeFixture, note: string): Promise<void> {
  expect(await tracesOf(f.store, key), note).toEqual([])
  expect(await silverRows(f), note).toEqual(['0/1 other=2'])
  expect(await quarantined(f), note).toEqual([3])
  ok([await rebuildSilver(f.lake, strict)])
  expect(await silverRows(f), note).toEqual(['0/1 other=2'])
  f.clock.advance(60_000)
  ok(await runMonitor(f.lake, 'timer'))
  for (const row of await f.read('monitor_logs'))
    expect([row['table_name'], row['identity'], row['identity_closed']], note).not.toContain(false)
}

test('an erasure that is killed at a write is finished by the next call, and counted once', async () => {
  const random = new Random()
  for (let round = 0; round < 4; round++) {
    await using f = await made()
    const [at, takesEffect] = [random.below(24), random.below(2) === 0]
    await eraseDying(f, new Death(at, takesEffect))
    // What a killed run uploaded is nobody's once no run can be at work with it any more.
    f.clock.advance(2 * 3_600_000)
    await eraseKeys(f.lake, strict, [key])
    await expectErased(f, `write ${at}${takesEffect ? ', which took effect' : ''}; ${seedNote}`)
  }
})

test('two erasures of one key at once erase it once', async () => {
  await using f = await made()
  const other = await process(f)
  const done = await Promise.allSettled([eraseKeys(f.lake, strict, [key]), eraseKeys(other, strict, [key])])
  await other.close()
  // Versions of one may hold up the clean-up of the other: then it says so, and the next call finishes it.
  if (done.some(({ status }) => status === 'rejected')) await eraseKeys(f.lake, strict, [key])
  await expectErased(f, 'two at once')
})
