import { beforeAll, expect, test } from 'vitest'

import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { deathsOf, Kill, type SeenWrite, WriteRecord } from '../../harness/failpoints/durableSteps.js'
import { ofModels, seenElsewhere, writeSites } from '../../harness/failpoints/writeSites.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { readTable } from '../bronze/bronzeFixture.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { writeSilver } from '../training/trainingFixture.js'
import { type ModelActionName, modelActions, modelOf } from './modelActions.js'

const names = Object.keys(modelActions) as readonly ModelActionName[]

/** Every write is a place to die when this is set; else two of them, which the seed draws. */
const isWhole = process.env['FAILPOINTS'] === 'all'
const before = new Map<string, ObjectStore>()
const wrote = new Map<string, readonly SeenWrite[]>()
const champions = new Map<string, string | undefined>()
const sites = new Set<string>()

async function copyOf(store: ObjectStore): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for await (const { path } of store.list('')) await copy.put(path, (await store.get(path)) ?? new Uint8Array())
  return copy
}

/** A process that does one of them. */
async function during<T>(name: ModelActionName, store: ObjectStore, work: (lake: Lake) => Promise<T>): Promise<T> {
  await using f = await SilverFixture.open(store, undefined, modelActions[name].settings)
  return await work(f.lake)
}

/** The version that scores, read whole, with its digest compared. */
const champion = async (lake: Lake) => (await modelOf(lake).champion())?.card.version

beforeAll(async () => {
  const store = new MemoryStore()
  await during('install', store, lake => writeSilver(lake, events, { to: 3_000 }))
  for (const name of names) {
    before.set(name, await copyOf(store))
    const record = new WriteRecord()
    await during(name, new FaultyStore(store, record), lake => modelActions[name].run(lake))
    wrote.set(name, record.seen)
    for (const site of record.sites) sites.add(site)
    champions.set(name, await during(name, store, champion))
  }
})

test('every place that changes models is one where a process is killed', () => {
  const own = ofModels.flatMap(folder => writeSites(folder)).filter(site => seenElsewhere(site) === undefined)
  expect(own.length).toBeGreaterThan(6)
  expect(own.filter(({ place }) => !sites.has(place))).toEqual([])
  expect([...wrote.values()].flat().filter(({ step }) => step === undefined)).toEqual([])
})

test.each(names)(
  '%s that is killed at a durable step leaves a champion that is whole, and the next finishes it',
  async name => {
    const random = new Random()
    const most = name.startsWith('train') ? 1 : 2
    for (const [step, n, when] of deathsOf(wrote.get(name) ?? [], { isWhole, random, most })) {
      const where = `${name}, ${when} ${step} ${n}; ${seedNote}`
      const store = await copyOf(before.get(name) ?? new MemoryStore())
      const had = await during(name, store, champion)
      const kill = new Kill(step, n, when)
      await during(name, new FaultyStore(store, kill), lake => modelActions[name].run(lake).catch(() => undefined))
      expect(kill.isDead, where).toBe(true)
      const left = await during(name, store, champion)
      expect([had, champions.get(name)], where).toContain(left)
      // A command that was killed is given again only where its work is not done.
      if (left === had) await during(name, store, lake => modelActions[name].run(lake))
      expect(await during(name, store, champion), where).toBe(champions.get(name))
      await during(name, store, lake => everyMoveTold(lake, where))
    }
  },
)

/** Nothing that was promoted is told of twice. */
async function everyMoveTold(lake: Lake, where: string): Promise<void> {
  if ((await lake.table('model_runs').state({ fresh: true })) === undefined) return
  const rows = (await readTable(lake, 'model_runs')).map(row =>
    ['event', 'version', 'run_id'].map(name => row[name] as string).join(' '),
  )
  expect(rows.length, where).toBe(new Set(rows).size)
}
