import { describe, expect, test } from 'vitest'

import { DeltaTable } from '../../shared/delta/table/table.js'
import { FaultyStore } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { ChangingTable } from '../chaos/changingTable.js'
import { SimulatedClock } from '../chaos/simulatedClock.js'
import { storageTrouble } from '../chaos/storageTrouble.js'
import { VersionWitness } from '../chaos/versionWitness.js'
import { Random, seedNote } from '../random.js'

const seconds = Number(process.env['CHAOS_SECONDS'] ?? 45)
/** How many times as long it may take until everybody has done something. */
const patience = 20

describe('sixteen appenders, two that delete, one that merges, one that alters, two optimizers, a vacuum, checkpoints and clean-up on failing storage', () => {
  test(`lose nothing, double nothing, overwrite no version and take no file from a reader (${seconds} simulated seconds)`, async () => {
    const about = seedNote
    const random = new Random()
    const next = () => random.next()
    const clock = new SimulatedClock()
    const memory = new MemoryStore(clock)
    const witness = new VersionWitness()
    const start = clock.now()
    const work = (): number[] => {
      const { appended, deleted, merged, optimized, vacuumed, checkpoints, scans, followed } = table.counts
      return [appended, deleted, merged, optimized, vacuumed, checkpoints, scans, followed]
    }
    const past = (length: number) => clock.now() - start >= length * 1_000
    const table: ChangingTable = new ChangingTable({
      open: stale => new FaultyStore(witness.watch(memory, stale), storageTrouble(next, 300), clock),
      clock,
      random: next,
      retentionMs: 12_000,
      working: () => !past(seconds) || (Math.min(...work()) === 0 && !past(seconds * patience)),
      pause: most => clock.sleep(random.next() * most * 10),
    })
    await clock.run(
      (async () => {
        await table.create({
          'delta.enableInCommitTimestamps': String(random.below(2) === 0),
          'delta.enableRowTracking': String(random.below(2) === 0),
          'delta.checkpointPolicy': random.pick(['classic', 'v2']),
        })
        const appenders = Array.from({ length: 16 }, (_, app) => table.append(app))
        const keepers = [
          table.optimize(),
          table.optimize(4),
          table.vacuum(),
          table.checkpoint(),
          table.clean(),
          table.scan(),
          table.follow(),
        ]
        await Promise.all([...appenders, table.erase(), table.erase(), table.merge(), table.alter(), ...keepers])
      })().catch((error: unknown) => {
        throw new Error(about, { cause: error })
      }),
    )
    expect(await clock.run(table.complaints(memory)), about).toEqual([])
    const tip = (await new DeltaTable(memory).state())?.version ?? 0
    expect(await witness.judge(memory, tip), about).toEqual([])
    expect(Math.min(...work()), `${about} ${JSON.stringify(table.counts)}`).toBeGreaterThan(0)
  }, 600_000)
})
