import { afterAll, beforeAll, expect, test } from 'vitest'

import { rebuildGold } from '../../../shared/pipeline/gold/index.js'
import { catchUp, runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { formatJson, type Value } from '../../../shared/types/index.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { Kill, WriteRecord } from './durableSteps.js'

/** Every write of every step is a place to die when this is set; else the last of each kind. */
const isWhole = process.env['FAILPOINTS'] === 'all'

const settings = {
  DUCKDB_MEMORY_LIMIT: '256MB',
  BRONZE_MAX_COMMIT_ROWS: '5',
  CHECKPOINT_INTERVAL: '2',
  COMPACTION_MIN_FILES: '2',
}

const pipelineSteps = {
  bronze: lake => catchUp(lake, 'timer', { stalledForMs: 0 }),
  silver: lake => runSilver(lake, 'timer'),
  gold: lake => runGold(lake, 'timer'),
  swap: async (lake, f) => [await rebuildSilver(lake, f.stream), ...(await rebuildGold(lake, f.stream))],
  maintenance: lake => runMaintenance(lake, 'timer'),
  monitor: lake => runMonitor(lake, 'timer'),
} as const satisfies Record<string, (lake: Lake, f: BronzeFixture) => Promise<unknown>>

type StepName = keyof typeof pipelineSteps
const names = Object.keys(pipelineSteps) as readonly StepName[]

/** What each of them makes durable. One that is new belongs here, and dies then like the others. */
const known: Readonly<Record<StepName, readonly string[]>> = {
  bronze: ['commit by putIfAbsent', 'data file by put'],
  silver: ['commit by putIfAbsent', 'data file by close'],
  gold: ['commit by putIfAbsent', 'data file by close', 'model by putIfAbsent'],
  swap: ['commit by putIfAbsent', 'data file by close'],
  maintenance: [
    'checkpoint by putIfAbsent',
    'commit by putIfAbsent',
    'data file by close',
    'journal by put',
    'last checkpoint by put',
    'version checksum by putIfAbsent',
  ],
  monitor: ['commit by putIfAbsent', 'data file by put', 'journal by delete', 'overview by put'],
}

/** Milliseconds; before maintenance long enough for vacuum and log clean-up to be due. */
const pauseBefore = (name: StepName) => (name === 'maintenance' ? 40 * 86_400_000 : 60_000)

let base: BronzeFixture
/** The lake before each step, and what the step wrote when nothing happened to it. */
const before = new Map<StepName, ObjectStore>()
const wrote = new Map<StepName, WriteRecord['seen']>()
/** The rows of each step's lake after a run that nothing happened to. */
const whole = new Map<StepName, unknown>()

async function copyOf(store: ObjectStore): Promise<MemoryStore> {
  const copy = new MemoryStore(base.clock)
  for await (const { path } of store.list('')) await copy.put(path, (await store.get(path)) ?? new Uint8Array())
  return copy
}

/** A process on that store, which ends. */
async function during(store: ObjectStore, work: (f: BronzeFixture) => Promise<unknown>): Promise<void> {
  await using f = await BronzeFixture.open({ store, source: lent(), clock: base.clock, settings })
  await work(f)
}

/** The topic outlives the processes that read it. */
function lent() {
  return new Proxy(base.source, {
    get(target, name) {
      if (name === 'close') return () => Promise.resolve()
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

const jsonOf = (value: Value | undefined) =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string' ? value : null

/** What must be the same whatever happened: where each row comes from, each key, each window. */
async function rowsOf(store: ObjectStore): Promise<unknown> {
  let found: unknown
  await during(store, async f => {
    const of = async (path: string, columns: readonly string[]) => {
      const rows = (await f.lake.table(path).state({ fresh: true })) === undefined ? [] : await f.read(path)
      return rows.map(row => formatJson(columns.map(name => jsonOf(row[name])))).sort()
    }
    found = {
      bronze: await of('bronze/events', ['_generation', '_partition', '_offset', 'event_id', '_error_code']),
      silver: await of('silver/events', ['event_id', '_partition', '_offset', '_late']),
      scored: await of('gold/events_scored', ['event_id', 'model_version']),
      summary: await of('gold/events_summary', ['window_start', 'event_type', 'events']),
    }
  })
  return found
}

beforeAll(async () => {
  base = await BronzeFixture.open({ partitions: 2, settings })
  base.append(range(0, 9), 0)
  base.append([3, 20, 21], 1)
  base.source.append('events', [{ key: null, value: Buffer.from('{broken'), partition: 1 }])
  let store: ObjectStore = base.store
  await during(store, f => catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  await during(store, f => runSilver(f.lake, 'timer'))
  base.append(range(30, 42), 1)
  base.append([8, 43], 0)
  for (const name of names) {
    before.set(name, await copyOf(store))
    const record = new WriteRecord()
    const next = await copyOf(store)
    base.clock.advance(pauseBefore(name))
    await during(new FaultyStore(next, record), f => pipelineSteps[name](f.lake, f))
    wrote.set(name, record.seen)
    whole.set(name, await rowsOf(next))
    store = next
  }
})
afterAll(() => base[Symbol.asyncDispose]())

test('every durable step is known by name, and each step of the pipeline has those that are listed', () => {
  const found = Object.fromEntries(
    names.map(name => [name, [...new Set(wrote.get(name)?.map(({ step, path }) => step ?? path))].sort()]),
  )
  expect(found).toEqual(known)
})

/** Which of so many writes of a kind are killed. */
function chosen(count: number): readonly number[] {
  return isWhole ? range(0, count) : [count - 1]
}

/** Whether a run of the step takes on what its source has gained, and no more. */
const isIncremental = (name: StepName): name is 'bronze' | 'silver' | 'gold' =>
  ['bronze', 'silver', 'gold'].includes(name)

/** How many rows one more run reads: none, where the last one has committed how far it is. */
async function readAgain(store: ObjectStore, name: 'bronze' | 'silver' | 'gold'): Promise<number> {
  let rows = 0
  await during(store, async f => {
    for (const { rowsIn } of await pipelineSteps[name](f.lake)) rows += rowsIn
  })
  return rows
}

test.each(names)('%s that is killed before and after each durable step is whole after its next run', async name => {
  const counts = new Map<string, number>()
  for (const { step = '' } of wrote.get(name) ?? []) counts.set(step, (counts.get(step) ?? 0) + 1)
  for (const [step, count] of counts) {
    for (const n of chosen(count)) {
      for (const when of ['before', 'after'] as const) {
        const where = `${name}, ${when} ${step} ${n}`
        const store = await copyOf(before.get(name) ?? base.store)
        const kill = new Kill(step, n, when)
        base.clock.advance(pauseBefore(name))
        await during(new FaultyStore(store, kill), f => pipelineSteps[name](f.lake, f).catch(() => undefined))
        expect([where, kill.isDead]).toEqual([where, true])
        base.clock.advance(60_000)
        await during(store, f => pipelineSteps[name](f.lake, f))
        expect([where, await rowsOf(store)]).toEqual([where, whole.get(name)])
        if (isIncremental(name)) expect([where, await readAgain(store, name)]).toEqual([where, 0])
      }
    }
  }
})
