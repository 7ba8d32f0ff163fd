import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { commitInfoOf } from '../../../shared/delta/log/commit.js'
import { cleanLog } from '../../../shared/delta/maintenance/logCleanup.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import type { OptimizeOptions } from '../../../shared/delta/maintenance/optimizeOptions.js'
import { vacuumTable } from '../../../shared/delta/maintenance/vacuum.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { isRetryable } from '../../../shared/errors.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore, type PutOutcome } from '../../../shared/storage/index.js'
import { Random, seedNote } from '../../random.js'
import { RowTable } from './rowTable.js'

const appenders = 16
/** Appends of each appender, and how many more it is given until all of the maintenance has done something. */
const rounds = 12
const patience = 100
const week = 7 * 86_400_000
const isCommit = (path: string) => /_delta_log\/\d{20}\.json$/.test(path)

/** Storage that never lets a version be written twice, and remembers what each was. */
class Witness extends MemoryStore {
  readonly written = new Map<string, number>()

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const outcome = await super.putIfAbsent(path, bytes)
    if (outcome === 'created' && isCommit(path)) this.written.set(path, (this.written.get(path) ?? 0) + 1)
    return outcome
  }

  override put(path: string, bytes: Uint8Array): Promise<void> {
    if (isCommit(path)) throw new Error(`version ${path} was overwritten`)
    return super.put(path, bytes)
  }
}

/** What goes wrong with storage, at random and for ever. */
function trouble(random: Random): Faults {
  const always = { times: Infinity }
  return (
    new Faults(() => random.next())
      .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' }, chance: 0.05, ...always })
      .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'meetOwnWrite' }, chance: 0.05, ...always })
      .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail' }, chance: 0.05, ...always })
      .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail', ambiguous: true }, chance: 0.03, ...always })
      .add({ on: ['put', 'create', 'close', 'list'], fault: { kind: 'fail' }, chance: 0.003, ...always })
      // A vacuum reads hundreds of objects, and starts again when one of them fails.
      .add({ on: 'get', fault: { kind: 'fail' }, chance: 0.0003, ...always })
      .add({ on: ['put', 'close', 'delete'], fault: { kind: 'loseAnswer' }, chance: 0.01, ...always })
      .add({
        on: ['putIfAbsent', 'get', 'list', 'close'],
        fault: { kind: 'interleave', first: () => turns(random.below(60)) },
        chance: 0.3,
        ...always,
      })
  )
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

describe('sixteen appenders, an optimizer and a vacuum on failing storage', () => {
  test('lose nothing, double nothing and overwrite no version', async () => {
    const about = seedNote
    const random = new Random()
    const clock = new ManualClock()
    const witness = new Witness(clock)
    const t = await RowTable.create({}, undefined, clock, witness)
    const open = (store: ObjectStore) => new DeltaTable(store, { clock, random: () => random.next(), maxAttempts: 500 })
    const faulty = () => open(new FaultyStore(witness, trouble(random), clock))
    let working = appenders
    const uploads = new Map<number | string, number>()
    /** Time passes, but no upload and its commit are ever a retention apart: vacuum promises nothing beyond that. */
    const pass = () => {
      const latest = Math.min(...uploads.values()) + week * 0.9
      clock.advance(Math.max(0, Math.min(week / 30, latest - clock.now())))
    }

    const counts = { optimized: 0, dropped: 0, vacuumed: 0, cleaned: 0 }
    const idle = () => Math.min(counts.optimized, counts.vacuumed, counts.cleaned) === 0
    const appended = new Map<number, number>()

    /** Goes on until storage lets it: what is in the log then decides whether it is done. */
    const appender = async (app: number) => {
      let table = faulty()
      const appId = `app-${app}`
      for (let round = 1; round <= rounds || (idle() && round <= patience);) {
        const ids = Array.from({ length: 1 + random.below(4) }, (_, i) => (app * (patience + 1) + round) * 10 + i)
        try {
          uploads.delete(app)
          const state = await table.state({ fresh: true })
          if (state === undefined) throw new Error('no table')
          if ((state.txns.get(appId)?.version ?? 0n) >= BigInt(round)) {
            appended.set(app, round++)
            continue
          }
          uploads.set(app, clock.now())
          const add = await t.write(ids, `p${app % 3}`, table.store)
          const outcome = await table.commit({
            readVersion: state.version,
            actions: [{ add }, { txn: { appId, version: BigInt(round) } }],
            operation: 'STREAMING UPDATE',
            isBlindAppend: true,
            reads: { files: 'none', appIds: id => id === appId },
          })
          if (outcome.kind === 'committed') appended.set(app, round++)
        } catch (error) {
          if (!isRetryable(error)) throw error
          table = faulty()
        }
        uploads.delete(app)
        pass()
        await turns(random.below(round > rounds ? 20_000 : 200))
      }
      working--
    }

    const keeper = async (work: (table: DeltaTable) => Promise<void>) => {
      while (working > 0) {
        try {
          await work(faulty())
        } catch (error) {
          if (!isRetryable(error)) throw error
        }
        await turns(random.below(300))
      }
    }
    const optimizer = (name: string, options: Omit<OptimizeOptions, 'clock'>) =>
      keeper(async table => {
        uploads.set(name, clock.now())
        const outcome = await optimizeTable(table, { clock, ...options })
        if (outcome.kind !== 'optimized') return
        counts.optimized += outcome.commits
        counts.dropped += outcome.dropped
      })
    const vacuum = keeper(async table => {
      const outcome = await vacuumTable(table, { clock })
      if (outcome.kind === 'vacuumed') counts.vacuumed += outcome.files
    })
    const cleaner = keeper(async table => {
      await table.writeCheckpoint()
      if ((await cleanLog(table, { retentionMs: week })).kind === 'cleaned') counts.cleaned++
    })
    await Promise.all([
      ...Array.from({ length: appenders }, (_, app) => appender(app)),
      optimizer('a', { commitBytes: 2_000 }),
      optimizer('b', { minFiles: 3 }),
      vacuum,
      cleaner,
    ])

    expect(
      [...witness.written.values()].filter(times => times !== 1),
      about,
    ).toEqual([])
    const fresh = open(witness)
    const state = await fresh.state({ fresh: true })
    for (const [app, round] of appended) expect(state?.txns.get(`app-${app}`)?.version, about).toBe(BigInt(round))
    const rows = (await t.rows()).map(row => Number(/\/(\d+):/.exec(row)?.[1]))
    expect(new Set(rows).size, about).toBe(rows.length)
    const batches = new Set(rows.map(id => Math.floor(id / 10)))
    expect(batches.size, about).toBe([...appended.values()].reduce((sum, round) => sum + round))
    for (const id of rows) if (id % 10 > 0) expect(rows.includes(id - 1), about).toBe(true)
    expect(idle(), `${about} ${JSON.stringify(counts)}`).toBe(false)
    // Every version is there from the oldest kept on, and each is of one transaction.
    const ids = new Set<string>()
    for await (const { actions } of fresh.commits((await fresh.history()).at(-1)?.version ?? 0)) {
      const id = commitInfoOf(actions)?.txnId ?? ''
      expect(ids.has(id), about).toBe(false)
      ids.add(id)
    }
  }, 600_000)
})
