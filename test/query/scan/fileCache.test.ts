import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { FileCache } from '../../../shared/query/scan/fileCache.js'
import { LocalDiskStore, MemoryStore, MeteredStore } from '../../../shared/storage/index.js'

const file = (path: string, size = 10) => ({ path, size })

async function storeOf(...names: string[]): Promise<MeteredStore> {
  const store = new MeteredStore(new MemoryStore())
  for (const name of names) await store.put(name, new Uint8Array(10).fill(name.charCodeAt(0)))
  return store
}

describe('files on the local disk', () => {
  test('bytes come through whole, in the order asked for, one name twice too', async () => {
    const store = await storeOf('a', 'b')
    await using cache = new FileCache({ limitBytes: 100 })
    using lease = await cache.lease(store, [file('b'), file('a'), file('b')])
    expect(lease.paths.map(path => readFileSync(path, 'utf8'))).toEqual([
      'b'.repeat(10),
      'a'.repeat(10),
      'b'.repeat(10),
    ])
    expect(cache.bytes).toBe(20)
  })

  test('files of one name in two stores are two files', async () => {
    const whole = new MemoryStore()
    const [one, other] = [whole.within('one'), whole.within('other')]
    await one.put('a', Buffer.from('first-----'))
    await other.put('a', Buffer.from('second----'))
    await using cache = new FileCache({ limitBytes: 100 })
    using first = await cache.lease(one, [file('a')])
    using second = await cache.lease(other, [file('a')])
    expect([...first.paths, ...second.paths].map(path => readFileSync(path, 'utf8'))).toEqual([
      'first-----',
      'second----',
    ])
  })

  test('leases at the same time share one download', async () => {
    const store = await storeOf('a')
    await using cache = new FileCache({ limitBytes: 100 })
    const before = store.usage().reads
    const leases = await Promise.all(Array.from({ length: 5 }, () => cache.lease(store, [file('a')])))
    expect(store.usage().reads - before).toBe(1)
    expect(new Set(leases.flatMap(l => l.paths)).size).toBe(1)
  })

  test('files that are read once are not kept for ever, however small, and those that are in use are', async () => {
    const names = Array.from({ length: 2_200 }, (_, i) => `${i}`)
    const store = await storeOf(...names)
    await using cache = new FileCache({ limitBytes: 1e9, parallel: 64 })
    using used = await cache.lease(store, [file('0')])
    for (const name of names.slice(1)) (await cache.lease(store, [file(name)])).release()
    expect(cache.bytes).toBe(10 * (1 + 2_048 + 1))
    expect(existsSync(used.paths[0] ?? '')).toBe(true)
    const reads = store.usage().reads
    ;(await cache.lease(store, [file('2199'), file('1000')])).release()
    expect(store.usage().reads).toBe(reads)
    ;(await cache.lease(store, [file('10')])).release()
    expect(store.usage().reads).toBe(reads + 1)
  })

  test('the least recently used goes first, and never one that is in use', async () => {
    const store = await storeOf('a', 'b', 'c')
    await using cache = new FileCache({ limitBytes: 20 })
    const a = await cache.lease(store, [file('a')])
    const b = await cache.lease(store, [file('b')])
    b.release()
    const c = await cache.lease(store, [file('c')])
    expect(existsSync(a.paths[0] ?? '')).toBe(true)
    expect(cache.bytes).toBe(20)
    a.release()
    c.release()
    ;(await cache.lease(store, [file('a')])).release()
    const before = store.usage().reads
    ;(await cache.lease(store, [file('b')])).release()
    ;(await cache.lease(store, [file('a')])).release()
    expect(store.usage().reads - before).toBe(1)
  })

  test('what cannot fit is refused with the limit, not waited for', async () => {
    const store = await storeOf('a', 'b', 'c')
    await using cache = new FileCache({ limitBytes: 20 })
    await expect(cache.lease(store, [file('a'), file('b'), file('c')])).rejects.toMatchObject({
      code: 'QUERY_CACHE_TOO_SMALL',
    })
    using lease = await cache.lease(store, [file('b'), file('c')])
    expect(lease.paths).toHaveLength(2)
  })

  test('a file that is gone is named, and is fetched once it is there', async () => {
    const store = await storeOf()
    await using cache = new FileCache({ limitBytes: 20 })
    await expect(cache.lease(store, [file('x')])).rejects.toMatchObject({
      code: 'QUERY_FILE_MISSING',
      data: { file: 'x' },
    })
    expect(cache.bytes).toBe(0)
    await store.put('x', new Uint8Array(10))
    using lease = await cache.lease(store, [file('x')])
    expect(lease.paths).toHaveLength(1)
  })

  test('files of a local folder are used in place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lake-test-'))
    try {
      const store = new LocalDiskStore(folder)
      await store.put('x', new Uint8Array(10))
      await using cache = new FileCache({ limitBytes: 1 })
      using lease = await cache.lease(store, [file('x')])
      expect(lease.paths).toEqual([join(folder, 'x')])
      await expect(cache.lease(store, [file('x', 11)])).rejects.toMatchObject({ code: 'QUERY_FILE_MISSING' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
