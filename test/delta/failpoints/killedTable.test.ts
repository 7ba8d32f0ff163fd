import { beforeAll, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { appendRows } from '../../../shared/delta/dml/index.js'
import { DeltaTable } from '../../../shared/delta/index.js'
import { cleanLog, vacuumTable } from '../../../shared/delta/maintenance/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { rowsIn, rowsOf } from '../../chaos/changingTable.js'
import { deathsOf, durableSteps, Kill, WriteRecord } from '../../harness/failpoints/durableSteps.js'
import { seenByLake, seenElsewhere, writeSites } from '../../harness/failpoints/writeSites.js'
import { Random, seedNote } from '../../random.js'
import { type TableActionName, tableActions } from './tableActions.js'

/** Every write of every change is a place to die when this is set; else one of each kind, which the seed draws. */
const isWhole = process.env['FAILPOINTS'] === 'all'
const names = Object.keys(tableActions) as readonly TableActionName[]
const clock = new ManualClock()

type Contents = readonly (readonly [number, string])[]

/** What was there before a change, what it wrote, and what readers saw while nothing happened to it. */
interface Whole {
  readonly store: ObjectStore
  readonly now: number
  readonly record: WriteRecord
  readonly versions: readonly Contents[]
}
const whole = new Map<TableActionName, Whole>()

async function copyOf(store: ObjectStore): Promise<MemoryStore> {
  const copy = new MemoryStore(clock)
  for await (const { path } of store.list('')) await copy.put(path, (await store.get(path)) ?? new Uint8Array())
  return copy
}

/** Every row as somebody sees it who opens the table then, or now; none where there is no table. */
async function contents(store: ObjectStore, version?: number): Promise<Contents> {
  const snapshot = await new DeltaTable(store, { clock }).snapshot(version === undefined ? {} : { version })
  return snapshot === undefined ? [] : [...(await rowsIn(store, snapshot))].sort(([a], [b]) => a - b)
}

const tipOf = async (store: ObjectStore) => (await new DeltaTable(store, { clock }).state())?.version ?? -1

beforeAll(async () => {
  const store = new MemoryStore(clock)
  for (const name of names) {
    clock.advance(60_000)
    const [before, now, tip] = [await copyOf(store), clock.now(), await tipOf(store)]
    const record = new WriteRecord()
    await tableActions[name](new FaultyStore(store, record), clock)
    const versions = [tip < 0 ? [] : await contents(before)]
    for (let version = tip + 1; version <= (await tipOf(store)); version++)
      versions.push(await contents(store, version))
    whole.set(name, { store: before, now, record, versions })
  }
})

test('every place in the engine that changes what is stored is one where a table is killed', () => {
  const seen = new Set([...whole.values()].flatMap(({ record }) => [...record.sites]))
  const places = writeSites('shared/delta').filter(({ place }) => !seen.has(place))
  expect(places.filter(site => !seenByLake(site) && seenElsewhere(site) === undefined)).toEqual([])
  expect([...whole.values()].flatMap(({ record }) => record.unknown)).toEqual([])
})

test('every kind of durable step that a table has takes place', () => {
  const kinds = new Set([...whole.values()].flatMap(({ record }) => record.seen.map(({ step }) => step)))
  const ofTables = durableSteps.slice(0, durableSteps.indexOf('data file') + 1)
  const without = ['version checksum', 'key index']
  for (const name of ofTables.filter(step => !without.includes(step)))
    expect([...kinds].filter(kind => kind?.startsWith(`${name} by `))).not.toEqual([])
})

test.each(names)('%s that is killed at a durable step is done or not, and the table goes on', async name => {
  const { store: before, now, record, versions } = whole.get(name) as Whole
  const random = new Random()
  for (const [step, n, when] of deathsOf(record.seen, { isWhole, random })) {
    const where = `${name}, ${when} ${step} ${n}; ${seedNote}`
    clock.advance(now - clock.now())
    const store = await copyOf(before)
    const kill = new Kill(step, n, when)
    await tableActions[name](new FaultyStore(store, kill), clock).catch(() => undefined)
    expect(kill.isDead, where).toBe(true)
    const left = await contents(store)
    expect(versions, where).toContainEqual(left)
    if (left.length === 0) continue
    // What the dead have left is cleared away; what is in the table stays, and what was deleted stays deleted.
    clock.advance(40 * 86_400_000)
    const table = new DeltaTable(store, { clock })
    await appendRows(table, [rowsOf([999], () => 'after')], { clock })
    await vacuumTable(table, { clock })
    await table.writeCheckpoint()
    await cleanLog(table)
    expect(await contents(store), where).toEqual([...left, [999, 'after']])
  }
})
