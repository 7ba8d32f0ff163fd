import { afterAll, beforeAll, expect, test } from 'vitest'

import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { type DeathAt, deathsOf, Kill, type SeenWrite, WriteRecord } from '../../harness/failpoints/durableSteps.js'
import { ofModels, seenByLake, writeSites } from '../../harness/failpoints/writeSites.js'
import { Random, seedNote } from '../../random.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { KilledLake, type Moment, openIdentities, settings } from './killedLake.js'
import { click, type LakeAction, type LakeActionName, lakeActions, streams } from './lakeActions.js'
import { type Receiver, startReceiver } from './receiver.js'

/** Every write of every step is a place to die when this is set; else one of each kind, which the seed draws. */
const isWhole = process.env['FAILPOINTS'] === 'all'

const names = Object.keys(lakeActions) as readonly LakeActionName[]
const actionOf = (name: LakeActionName): LakeAction => lakeActions[name]

/** What was there before an action, and what it wrote and made of it when nothing happened to it. */
interface Whole {
  readonly before: Moment
  readonly seen: readonly SeenWrite[]
  readonly rows: unknown
}

const commit = 'commit by putIfAbsent'
const put = 'data file by put'
const upload = 'data file by close'
const told = 'journal by put'
const checkpoint = ['checkpoint by putIfAbsent', 'last checkpoint by put', 'version checksum by putIfAbsent']
const collected = ['journal by delete', 'overview by put', put]
const cleaned = ['checkpoint by delete', 'commit by delete', 'data file by delete']

/** What each of them makes durable. One that is new belongs here, and dies then like the others. */
const known: Readonly<Record<LakeActionName, readonly string[]>> = {
  bronze: [commit, put],
  silver: [commit, upload],
  gold: [commit, upload, 'model by putIfAbsent'],
  swap: [commit, upload],
  maintenance: [commit, upload, told, ...checkpoint],
  monitor: [commit, ...collected, 'alerts by put', 'alerts by putIfAbsent'],
  replay: [commit, upload, told],
  purge: [commit, upload],
  pause: [commit, put, told, 'pause by delete', 'pause by putIfAbsent'],
  erase: [
    commit,
    upload,
    told,
    ...collected,
    ...cleaned,
    ...checkpoint.slice(0, 2),
    'version checksum by delete',
    'key index by delete',
  ],
  backfill: [commit, put, told],
  rescore: [commit, upload],
  reset: [commit, put, told],
  expire: [commit, upload, told, ...collected, ...cleaned, ...checkpoint.slice(0, 2)],
  cleanup: [
    commit,
    upload,
    told,
    ...collected,
    ...cleaned,
    ...checkpoint.slice(0, 2),
    'alerts by delete',
    'alerts by put',
    'alerts by putIfAbsent',
  ],
}

let chaos: KilledLake
let receiver: Receiver
const whole = new Map<LakeActionName, Whole>()
const sites = new Set<string>()

beforeAll(async () => {
  const base = await BronzeFixture.open({ partitions: 2, settings, streams })
  receiver = await startReceiver()
  chaos = new KilledLake(base, { ALERT_WEBHOOK_URL: receiver.url })
  base.source.createTopic('clicks')
  click(base, range(0, 4))
  base.append(range(0, 9), 0)
  base.append([3, 20, 21], 1)
  base.source.append('events', [{ key: null, value: Buffer.from('{broken'), partition: 1 }])
  await chaos.during(f => lakeActions.bronze.run(f.lake))
  await chaos.during(f => lakeActions.silver.run(f.lake))
  for (const name of names) {
    const { before, pauseMs = 60_000, run } = actionOf(name)
    if (before !== undefined) await chaos.during(f => Promise.resolve(before(f)))
    base.clock.advance(pauseMs)
    const moment = await chaos.keep()
    const record = new WriteRecord()
    await chaos.during(
      f => run(f.lake),
      store => new FaultyStore(store, record),
    )
    for (const site of record.sites) sites.add(site)
    whole.set(name, { before: moment, seen: record.seen, rows: await chaos.rows() })
  }
})
afterAll(async () => {
  await chaos.base[Symbol.asyncDispose]()
  receiver.close()
})

test('every durable step is known by name, and each step of the pipeline has those that are listed', () => {
  const found = Object.fromEntries(
    names.map(name => [name, [...new Set(whole.get(name)?.seen.map(({ step, path }) => step ?? path))].sort()]),
  )
  expect(found).toEqual(Object.fromEntries(names.map(name => [name, known[name].toSorted()])))
})

test('rows whose time is over go', () => {
  expect(whole.get('expire')?.rows).not.toEqual(whole.get('cleanup')?.rows)
})

test('every place in the code that changes what is stored is one where a lake is killed', () => {
  const others = ['shared/delta/', 'shared/pipeline/keyIndex/', ...ofModels]
  const own = writeSites('shared').filter(
    site => seenByLake(site) || !others.some(folder => site.place.startsWith(folder)),
  )
  expect(own.length).toBeGreaterThan(8)
  expect(own.filter(({ place }) => !sites.has(place))).toEqual([])
})

/** Between the commits of two streams, if the action has them. */
function betweenStreams(seen: readonly SeenWrite[]): readonly DeathAt[] {
  const n = seen.filter(({ step }) => step === commit).findIndex(({ path }) => path.includes('/clicks'))
  return n < 0 ? [] : [[commit, n, 'before']]
}

async function rowsRead(name: LakeActionName): Promise<number> {
  const reports = (await chaos.during(f => actionOf(name).run(f.lake))) as readonly StepReport[]
  return reports.reduce((sum, { rowsIn }) => sum + rowsIn, 0)
}

test.each(names)(
  '%s that is killed before and after a durable step is whole after its next run',
  { timeout: 3_600_000 },
  async name => {
    const { run, pauseMs = 60_000, againMs = 60_000, isIncremental = false } = actionOf(name)
    const { before, seen, rows } = whole.get(name) as Whole
    for (const [step, n, when] of [
      ...deathsOf(seen, { isWhole, random: new Random(), most: 2 }),
      ...(isIncremental && !isWhole ? betweenStreams(seen) : []),
    ]) {
      const where = `${name}, ${when} ${step} ${n}; ${seedNote}`
      await chaos.back(before)
      const kill = new Kill(step, n, when)
      await chaos.during(
        f => Promise.resolve(run(f.lake)).catch(() => undefined),
        store => new FaultyStore(store, kill),
      )
      expect(kill.isDead, where).toBe(true)
      chaos.base.clock.advance(againMs)
      await chaos.during(f => run(f.lake))
      expect(await chaos.rows(), where).toEqual(rows)
      if (isIncremental) expect(await rowsRead(name), where).toBe(0)
    }
    await chaos.during(async ({ lake }) => {
      chaos.base.clock.advance(pauseMs)
      for (const step of ['silver', 'gold', 'monitor'] as const) await lakeActions[step].run(lake)
      expect(await openIdentities(lake), `${name}; ${seedNote}`).toEqual([])
    })
  },
)
