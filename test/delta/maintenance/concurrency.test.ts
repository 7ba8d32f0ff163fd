import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../shared/clock.js'
import { commitInfoOf } from '../../../shared/delta/commit.js'
import { isRetryable } from '../../../shared/errors.js'
import { cleanLog } from '../../../shared/delta/maintenance/logCleanup.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { vacuumTable } from '../../../shared/delta/maintenance/vacuum.js'
import { DeltaTable } from '../../../shared/delta/table.js'
import { FaultyStore } from '../../../shared/storage/faultyStore.js'
import { Faults } from '../../../shared/storage/faults.js'
import { MemoryStore } from '../../../shared/storage/memoryStore.js'
import type { ObjectStore, PutOutcome } from '../../../shared/storage/objectStore.js'
import { freshSeed, Random } from '../random.js'
import { RowTable } from './rowTable.js'

const appenders = 16
const rounds = 12
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
  return new Faults(() => random.next())
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'meetOwnWrite' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail' }, chance: 0.05, ...always })
    .add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail', ambiguous: true }, chance: 0.03, ...always })
    .add({ on: ['put', 'get', 'create', 'close', 'list'], fault: { kind: 'fail' }, chance: 0.003, ...always })
    .add({ on: ['put', 'close', 'delete'], fault: { kind: 'loseAnswer' }, chance: 0.01, ...always })
    .add({ on: ['putIfAbsent', 'get', 'list', 'close'], fault: { kind: 'interleave', first: () => turns(random.below(60)) }, chance: 0.3, ...always })
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

describe('sixteen appenders, an optimizer and a vacuum on failing storage', () => {
  it('lose nothing, double nothing and overwrite no version', async () => {
    const seed = freshSeed()
    const about = `TEST_SEED=${seed}`
    const random = new Random(seed)
    const clock = new ManualClock()
    const witness = new Witness(clock)
    const t = await RowTable.create({}, undefined, clock, witness)
    const open = (store: ObjectStore) => new DeltaTable(store, { clock, random: () => random.next(), maxAttempts: 500 })
    const faulty = () => open(new FaultyStore(witness, trouble(random), clock))
    let working = appenders

    /** Goes on until storage lets it: what is in the log then decides whether it is done. */
    const appender = async (app: number) => {
      let table = faulty()
      const appId = `app-${app}`
      for (let round = 1; round <= rounds; ) {
        const ids = Array.from({ length: 1 + random.below(4) }, (_, i) => (app * rounds + round) * 10 + i)
        try {
          const state = await table.state({ fresh: true })
          if (state === undefined) throw new Error('no table')
          if ((state.txns.get(appId)?.version ?? 0n) >= BigInt(round)) {
            round++
            continue
          }
          const add = await t.write(ids, `p${app % 3}`, table.store)
          const outcome = await table.commit({
            readVersion: state.version,
            actions: [{ add }, { txn: { appId, version: BigInt(round) } }],
            operation: 'STREAMING UPDATE',
            isBlindAppend: true,
            reads: { files: 'none', appIds: id => id === appId },
          })
          if (outcome.kind === 'committed') round++
        } catch (error) {
          if (!isRetryable(error)) throw error
          table = faulty()
        }
        await turns(random.below(200))
      }
      working--
    }

    const counts = { optimized: 0, dropped: 0, vacuumed: 0, cleaned: 0 }
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
    const optimizer = keeper(async table => {
      const outcome = await optimizeTable(table, { clock, commitBytes: 2_000 })
      if (outcome.kind === 'optimized') {
        counts.optimized += outcome.commits
        counts.dropped += outcome.dropped
      }
    })
    const rival = keeper(async table => {
      const outcome = await optimizeTable(table, { clock, minFiles: 3 })
      if (outcome.kind === 'optimized') counts.dropped += outcome.dropped
    })
    const vacuum = keeper(async table => {
      // Time passes for what is finished only: an upload and its commit are never a week apart.
      clock.advance(week / 40)
      const outcome = await vacuumTable(table, { clock })
      if (outcome.kind === 'vacuumed') counts.vacuumed += outcome.files
      await table.writeCheckpoint()
      if ((await cleanLog(table, { clock, retentionMs: week })).kind === 'cleaned') counts.cleaned++
    })
    await Promise.all([...Array.from({ length: appenders }, (_, app) => appender(app)), optimizer, rival, vacuum])

    expect([...witness.written.values()].filter(times => times !== 1), about).toEqual([])
    const fresh = open(witness)
    const state = await fresh.state({ fresh: true })
    for (let app = 0; app < appenders; app++) expect(state?.txns.get(`app-${app}`)?.version, about).toBe(BigInt(rounds))
    const rows = (await t.rows()).map(row => Number(/\/(\d+):/.exec(row)?.[1]))
    expect(new Set(rows).size, about).toBe(rows.length)
    const batches = new Set(rows.map(id => Math.floor(id / 10)))
    expect(batches.size, about).toBe(appenders * rounds)
    for (const id of rows) if (id % 10 > 0) expect(rows.includes(id - 1), about).toBe(true)
    expect(counts.optimized, about).toBeGreaterThan(0)
    // Every version is there from the oldest kept on, and each is of one transaction.
    const ids = new Set<string>()
    for await (const { actions } of fresh.commits((await fresh.history()).at(-1)?.version ?? 0)) {
      const id = commitInfoOf(actions)?.txnId ?? ''
      expect(ids.has(id), about).toBe(false)
      ids.add(id)
    }
  }, 120_000)
})
