import { beforeAll, expect, test } from 'vitest'

import type { AddFile } from '../../../shared/delta/index.js'
import { dropKeyIndex } from '../../../shared/pipeline/keyIndex/tableKeyIndex.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { deathsOf, Kill, type SeenWrite, WriteRecord } from '../../harness/failpoints/durableSteps.js'
import { writeSites } from '../../harness/failpoints/writeSites.js'
import { Random, seedNote } from '../../random.js'
import { answer, dataFile, openIndex } from './keyIndexFixture.js'

const isWhole = process.env['FAILPOINTS'] === 'all'
const day = '2025-04-01'

/** Enough files for segments to be merged. */
const files: AddFile[] = []
const keyOf = (file: number, n: number) => `key-${file}-${n}`

const actions: Readonly<Record<string, (store: ObjectStore) => Promise<unknown>>> = {
  'segments written and merged': async store => {
    await using f = openIndex(store)
    for (const file of files) await answer(f.index, [file], [])
  },
  'segments swept': async store => {
    await using f = openIndex(store)
    await f.index.maintain(files.slice(0, 2), day)
  },
  'segments dropped': store => dropKeyIndex({ store }),
}

const before = new Map<string, ObjectStore>()
const wrote = new Map<string, readonly SeenWrite[]>()
const sites = new Set<string>()

async function copyOf(store: ObjectStore): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for await (const { path } of store.list('')) await copy.put(path, (await store.get(path)) ?? new Uint8Array())
  return copy
}

beforeAll(async () => {
  const store = new MemoryStore()
  // As versions with another format left them.
  await store.put(`_key_index/${day}_${day}_00000000-0000-4000-8000-000000000000.keys`, new Uint8Array(100))
  for (let n = 0; n < 9; n++) {
    const groups = [0, 1].map(group => Array.from({ length: 40 }, (_, i) => keyOf(n, group * 40 + i)))
    files.push(await dataFile(store, `${n}.parquet`, groups, day))
  }
  for (const [name, act] of Object.entries(actions)) {
    before.set(name, await copyOf(store))
    const record = new WriteRecord()
    await act(new FaultyStore(store, record))
    wrote.set(name, record.seen)
    for (const site of record.sites) sites.add(site)
  }
})

/** Keys that a reader would not find: neither in a row group that the index names nor in a file that is read whole. */
async function hidden(store: ObjectStore): Promise<readonly string[]> {
  await using f = openIndex(store, Infinity)
  const asked = files.flatMap((_, n) => [keyOf(n, 3), keyOf(n, 70)])
  const { located, unknown } = await answer(f.index, files, asked)
  return files.flatMap(({ path }, n) => {
    const groups = located.find(text => text.startsWith(`${path}:`))?.slice(path.length + 1)
    const isSeen = (group: string) => unknown.includes(path) || groups?.split(',').includes(group) === true
    return [...(isSeen('0') ? [] : [keyOf(n, 3)]), ...(isSeen('1') ? [] : [keyOf(n, 70)])]
  })
}

test('every place that changes the index is one where it is killed', () => {
  expect(writeSites('shared/pipeline/keyIndex').filter(({ place }) => !sites.has(place))).toEqual([])
  for (const [name, seen] of wrote)
    expect([name, [...new Set(seen.map(({ step }) => step))].sort()]).toEqual([
      name,
      name === 'segments dropped' ? ['key index by delete'] : ['key index by close', 'key index by delete'],
    ])
})

test.each(Object.keys(actions))(
  '%s by a process that is killed: the index hides no key, and the next run mends it',
  async name => {
    const random = new Random()
    for (const [step, n, when] of deathsOf(wrote.get(name) ?? [], { isWhole, random })) {
      const where = `${name}, ${when} ${step} ${n}; ${seedNote}`
      const store = await copyOf(before.get(name) ?? new MemoryStore())
      const kill = new Kill(step, n, when)
      await actions[name]?.(new FaultyStore(store, kill)).catch(() => undefined)
      expect(kill.isDead, where).toBe(true)
      expect(await hidden(store), where).toEqual([])
      await actions[name]?.(store)
      expect(await hidden(store), where).toEqual([])
    }
  },
)
