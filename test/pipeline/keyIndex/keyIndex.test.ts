import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import type { AddFile } from '../../../shared/delta/index.js'
import { readLocated } from '../../../shared/pipeline/keyIndex/locatedRows.js'
import { keyIndexFolder } from '../../../shared/pipeline/keyIndex/segmentName.js'
import { MemoryStore, type ObjectStore, StorageError } from '../../../shared/storage/index.js'
import { Random, seedNote } from '../../random.js'
import { answer, columns, dataFile, hashesOf, openIndex, searchFor } from './keyIndexFixture.js'

const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => `key-${from + i}`)

async function segments(store: ObjectStore): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { path } of store.list(`${keyIndexFolder}/`)) names.push(path)
  return names
}

/** A store that tells of every read. */
function spied(store: ObjectStore, told: (path: string, range: string) => void): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'get')
        return (path: string, range?: { start: number; end?: number }) => {
          told(path, `${range?.start ?? 0}-${range?.end ?? ''}`)
          return target.get(path, range)
        }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

async function threeFiles(store: ObjectStore): Promise<[AddFile, AddFile, AddFile]> {
  return [
    await dataFile(store, 'a.parquet', [ids(0, 50), ids(50, 50), ids(100, 50)]),
    await dataFile(store, 'b.parquet', [ids(200, 50), ids(250, 20)]),
    await dataFile(store, 'c.parquet', [ids(300, 50)], '2025-04-02'),
  ]
}

test('a key is found in its row group, and files that have none are left alone', async () => {
  await using f = openIndex()
  const files = await threeFiles(f.store)
  expect(await answer(f.index, files.slice(0, 2), ['key-3', 'key-149', 'key-251', 'no such key'])).toEqual({
    located: ['a.parquet:0,2', 'b.parquet:1'],
    unknown: [],
  })
})

test('a key is found in its page, which is read without the others', async () => {
  await using f = openIndex()
  // Keys that take room: of a small file the first read brings everything.
  const keys = Array.from({ length: 7_000 }, (_, i) => createHash('sha512').update(String(i)).digest('hex'))
  const file = await dataFile(f.store, 'a.parquet', [keys.slice(0, 4_000), keys.slice(4_000)], undefined, 512)
  const some = [511, 512, 3_999, 4_000, 6_999].map(i => keys[i] ?? '')
  expect(await answer(f.index, [file], some)).toEqual({ located: ['a.parquet:0,1,13,7,8'], unknown: [] })
  const wanted = [keys[600] ?? '']
  const { located } = await f.index.locate([file], hashesOf(wanted))
  const ranges: string[] = []
  const store = spied(f.store, (path, range) => ranges.push(`${path} ${range}`))
  const { keys: found, times } = await readLocated(store, columns, located, searchFor(wanted))
  expect([found, times]).toEqual([wanted, [600_000_000n]])
  const [, keyStart = 0, keyBytes = 0, timeStart = 0, timeBytes = 0] = located[0]?.indexed.stretches.at([1])[0] ?? []
  expect(ranges).toEqual([
    `a.parquet ${keyStart}-${keyStart + keyBytes}`,
    `a.parquet ${timeStart}-${timeStart + timeBytes}`,
  ])
})

test('an event time is not read where any that the file can have makes new rows duplicates', async () => {
  await using f = openIndex()
  const [file] = await threeFiles(f.store)
  const { located } = await f.index.locate([file], hashesOf(['key-3']))
  const second = 1_000_000n
  const times = async (time: bigint, window: bigint, span?: readonly [bigint, bigint]) =>
    (await readLocated(f.store, columns, located, searchFor(['key-3'], { window, timesOf: () => span }, time))).times
  const span = [0n, 149n * second] as const
  // The row's own time is 3 s. At the edges every time of the span is just within the window, or one is just beyond.
  expect(await times(149n * second, 149n * second, span)).toEqual([0n])
  expect(await times(149n * second + 1n, 149n * second, span)).toEqual([3n * second])
  expect(await times(-1n, 149n * second, span)).toEqual([3n * second])
  expect(await times(0n, 149n * second, span)).toEqual([0n])
  expect(await times(0n, 10n ** 15n)).toEqual([3n * second])
})

test('what is located is read back: key and event time of the rows, and no other row', async () => {
  await using f = openIndex()
  const files = await threeFiles(f.store)
  const keys = ['key-3', 'key-149', 'key-251', 'stranger']
  const { located } = await f.index.locate(files.slice(0, 2), hashesOf(keys))
  const { keys: found, times } = await readLocated(f.store, columns, located, searchFor(keys))
  expect(found.map((key, i) => `${key as string}@${times[i]}`).sort()).toEqual([
    'key-149@149000000',
    'key-251@51000000',
    'key-3@3000000',
  ])
})

test('every key of files with random keys is found, nulls and repeats among them', async () => {
  const random = new Random()
  await using f = openIndex()
  const groups = Array.from({ length: 20 }, () =>
    Array.from({ length: 400 }, () => (random.below(50) === 0 ? null : `${random.below(4_000)} ${random.text(3)}`)),
  )
  const files = [
    await dataFile(f.store, 'a.parquet', groups.slice(0, 9)),
    await dataFile(f.store, 'b.parquet', groups.slice(9)),
  ]
  const all = groups.flat().filter(key => key !== null)
  const wanted = [...new Set(all.filter(() => random.below(10) === 0))]
  const { located, unknown } = await f.index.locate(files, hashesOf(wanted))
  expect(unknown).toEqual([])
  const { keys } = await readLocated(f.store, columns, located, searchFor(wanted))
  expect(keys.toSorted(), seedNote).toEqual(all.filter(key => wanted.includes(key)).toSorted())
})

describe('what no segment says is read in the file', () => {
  test('a file written since, or under the name of another', async () => {
    await using f = openIndex(undefined, 60)
    const files = await threeFiles(f.store)
    await answer(f.index, files.slice(0, 2), [])
    const added = await dataFile(f.store, 'd.parquet', [ids(900, 5)])
    const [a, b] = files
    const rewritten = { ...a, size: a.size + 1 }
    await using other = openIndex(f.store, 1e9)
    expect(await answer(other.index, [rewritten, b, added], ['key-3', 'key-251'])).toEqual({
      located: ['b.parquet:1'],
      unknown: ['a.parquet', 'd.parquet'],
    })
  })

  test('a file of which rows are deleted', async () => {
    await using f = openIndex()
    const [a, b] = await threeFiles(f.store)
    await answer(f.index, [a, b], [])
    const deletionVector = { storageType: 'i', pathOrInlineDv: '', sizeInBytes: 1, cardinality: 1n } as never
    expect((await answer(f.index, [{ ...a, deletionVector }, b], ['key-3'])).unknown).toEqual(['a.parquet'])
  })

  const flipped = (place: number) => async (store: ObjectStore, path: string) => {
    const bytes = Uint8Array.from((await store.get(path)) ?? [])
    const at = Math.floor(place < 1 && place > 0 ? place * bytes.length : (place + bytes.length) % bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await store.put(path, bytes)
  }
  test.each<[string, (store: ObjectStore, path: string) => Promise<void>]>([
    ['lost', (store, path) => store.delete(path)],
    [
      'cut short',
      async (store, path) => store.put(path, ((await store.get(path)) ?? new Uint8Array()).subarray(0, -9)),
    ],
    ['empty', (store, path) => store.put(path, new Uint8Array())],
    ['damaged in its first entry', flipped(0)],
    ['damaged in the middle', flipped(0.5)],
    ['damaged in its description', flipped(-30)],
    ['damaged in its length', flipped(-16)],
    ['damaged in its digest', flipped(-12)],
    ['damaged in its last byte', flipped(-1)],
  ])('a segment that is %s', async (_, spoil) => {
    const store = new MemoryStore()
    const files = await threeFiles(store)
    {
      await using f = openIndex(store)
      await answer(f.index, files.slice(0, 2), [])
    }
    const [path] = await segments(store)
    await spoil(store, path ?? '')
    // Without anything to build from, what is left is what the spoilt segment says.
    await using f = openIndex(store, 1e9)
    expect(await answer(f.index, files.slice(0, 2), ['key-3'])).toEqual({
      located: [],
      unknown: ['a.parquet', 'b.parquet'],
    })
  })

  test('a segment of a former format, which is as good as not there', async () => {
    await using f = openIndex()
    const files = await threeFiles(f.store)
    const former = `${keyIndexFolder}/2025-04-01_2025-04-01_2b1f0c5e-4d6a-4f0e-9b8a-0d6f5b1c2a3d.keys`
    await f.store.put(former, Buffer.from('LAKEKEY1'))
    expect((await answer(f.index, files.slice(0, 2), ['key-3'])).located).toEqual(['a.parquet:0'])
    expect(f.warnings).toEqual([])
    const made = (await segments(f.store)).filter(name => name !== former)
    expect(made).toHaveLength(1)
    // What the program that wrote the former one takes for a segment.
    expect(made[0]).not.toMatch(/^_key_index\/([0-9+-]+)_([0-9+-]+)_[0-9a-f-]{36}\.keys$/)
    await f.index.maintain(files.slice(0, 2), '2025-04-01')
    expect(await segments(f.store)).toEqual(made)
  })

  test('a file that is damaged, whose neighbours are indexed all the same', async () => {
    await using f = openIndex()
    const [a, b] = await threeFiles(f.store)
    await f.store.put(
      a.path,
      (await f.store.get(a.path))?.map((byte, at) => (at < 400 ? byte ^ 1 : byte)) ?? new Uint8Array(),
    )
    await f.index.maintain([a, b], '2025-04-01')
    expect(await answer(f.index, [a, b], ['key-3', 'key-251'])).toEqual({
      located: ['b.parquet:1'],
      unknown: ['a.parquet'],
    })
    expect(f.warnings).toEqual([])
  })

  test('a segment that is damaged is read once, and maintenance makes another', async () => {
    const store = new MemoryStore()
    const files = (await threeFiles(store)).slice(0, 2)
    {
      await using f = openIndex(store)
      await answer(f.index, files, [])
    }
    const [path = ''] = await segments(store)
    await flipped(0.5)(store, path)
    const reads: string[] = []
    await using f = openIndex(spied(store, read => reads.push(read)))
    await answer(f.index, files, ['key-3'])
    await answer(f.index, files, ['key-3'])
    expect(reads.filter(read => read === path).length).toBeLessThan(2)
    await f.index.maintain(files, '2025-04-01')
    expect(await segments(store)).not.toContain(path)
    expect((await answer(f.index, files, ['key-3'])).located).toEqual(['a.parquet:0'])
  })

  test('a segment that is lost while the process knows it', async () => {
    await using f = openIndex(undefined, 60)
    const files = await threeFiles(f.store)
    await answer(f.index, files.slice(0, 2), [])
    for (const path of await segments(f.store)) await f.store.delete(path)
    await f.files.close()
    expect((await answer(f.index, files.slice(0, 2), ['key-3'])).unknown).toEqual([])
    expect((await segments(f.store)).length).toBe(1)
  })

  test('a store that fails while the index is written', async () => {
    class FullStore extends MemoryStore {
      override create() {
        return Promise.reject(new StorageError('STORAGE_FAILED', 'the disk is full'))
      }
    }
    const store = new FullStore()
    const files = await threeFiles(store)
    await using f = openIndex(store)
    expect((await answer(f.index, files.slice(0, 2), ['key-3'])).unknown).toEqual(['a.parquet', 'b.parquet'])
    expect(f.warnings).toEqual(['The key index is not kept up; data files are read instead.'])
  })
})

test('another process knows a segment without building it again', async () => {
  const store = new MemoryStore()
  const files = await threeFiles(store)
  await using one = openIndex(store)
  await answer(one.index, files.slice(0, 2), [])
  await using two = openIndex(store)
  expect((await answer(two.index, files.slice(0, 2), ['key-3'])).located).toEqual(['a.parquet:0'])
  expect((await segments(store)).length).toBe(1)
})

describe('maintenance', () => {
  test('indexes what has no index, drops segments of files that are gone and of days that are over', async () => {
    await using f = openIndex()
    const files = await threeFiles(f.store)
    await f.index.maintain(files, '2025-04-01')
    expect((await segments(f.store)).map(name => name.slice(0, 33))).toEqual([
      '_key_index/2025-04-01_2025-04-01_',
      '_key_index/2025-04-02_2025-04-02_',
    ])
    await f.index.maintain(files.slice(0, 2), '2025-04-01')
    expect((await segments(f.store)).length).toBe(1)
    await f.index.maintain(files, '2025-04-03')
    expect(await segments(f.store)).toEqual([])
  })

  test('a segment of the first day that is worth an index stays as it is', async () => {
    await using f = openIndex()
    const [a, b] = await threeFiles(f.store)
    await f.index.maintain([a, b], '2025-04-01')
    const before = await segments(f.store)
    await f.index.maintain([a, b], '2025-04-01')
    expect(await segments(f.store)).toEqual(before)
  })

  test('a segment of which most files are gone is written again without them', async () => {
    await using f = openIndex()
    const [a, b] = await threeFiles(f.store)
    await f.index.maintain([a, b], '2025-04-01')
    const [before] = await segments(f.store)
    await f.index.maintain([b], '2025-04-01')
    const after = await segments(f.store)
    expect(after).toHaveLength(1)
    expect(after[0]).not.toBe(before)
    expect(await answer(f.index, [b], ['key-3', 'key-251'])).toEqual({ located: ['b.parquet:1'], unknown: [] })
  })

  test('many small segments become one that says the same', async () => {
    const random = new Random()
    await using f = openIndex()
    const files = []
    for (let i = 0; i < 9; i++) {
      files.push(await dataFile(f.store, `${i}.parquet`, [ids(i * 1000, 300), ids(i * 1000 + 300, 300)]))
      await answer(f.index, files, [])
    }
    expect((await segments(f.store)).length).toBeLessThan(3)
    const keys = Array.from({ length: 40 }, () => `key-${random.below(9) * 1000 + random.below(600)}`)
    const { located, unknown } = await f.index.locate(files, hashesOf(keys))
    expect(unknown).toEqual([])
    const { keys: found } = await readLocated(f.store, columns, located, searchFor(keys))
    expect([...new Set(found)].sort(), seedNote).toEqual([...new Set(keys)].sort())
  })
})
