import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { elapsedMs } from '../../shared/storage/elapsed.js'
import { compareUtf8 } from '../../shared/storage/objectPath.js'
import type { ObjectInfo, ObjectStore } from '../../shared/storage/objectStore.js'
import { StorageError } from '../../shared/storage/storageError.js'

export interface ContractSubject {
  /** An empty store. */
  readonly store: ObjectStore
  /** A second way to the same objects that shares nothing in this process where the store allows it. */
  readonly again: ObjectStore
  readonly stop?: () => Promise<void>
}

export interface ContractOptions {
  /** Objects in the large listing. */
  readonly many: number
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes)

export async function collected(infos: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = []
  for await (const info of infos) all.push(info)
  return all
}

const paths = async (infos: AsyncIterable<ObjectInfo>) => (await collected(infos)).map(info => info.path)

/** What every ObjectStore promises, as tests; each runs in a folder of its own inside one store. */
export function describeContract(name: string, start: () => Promise<ContractSubject>, options: ContractOptions): void {
  describe(`${name} keeps the contract of ObjectStore`, () => {
    let subject: ContractSubject
    let folders = 0
    const fresh = () => {
      const folder = `f${folders++}`
      return { store: subject.store.within(folder), again: subject.again.within(folder), folder }
    }

    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject.stop?.())

    test('an absent name is an outcome of every read, and may be deleted', async () => {
      const { store } = fresh()
      expect(await store.get('a/b')).toBeUndefined()
      expect(await store.get('a/b', { start: 0, end: 0 })).toBeUndefined()
      expect(await store.head('a/b')).toBeUndefined()
      await store.delete('a/b')
      expect(await paths(store.list(''))).toEqual([])
      expect(await paths(store.list('no/such/folder/'))).toEqual([])
    })

    test('folders are named one level at a time, without what lies deeper and without objects', async () => {
      const { store } = fresh()
      for (const path of ['top.json', 'a/x', 'a/b/y', 'a/b/deep/z', 'a b/é/1', 'ab/1'])
        await store.put(path, bytesOf('x'))
      const named = async (folder: string) => [...(await store.folders(folder))].sort()
      expect(await named('')).toEqual(['a', 'a b', 'ab'])
      expect(await named('a')).toEqual(['b'])
      expect(await named('a b')).toEqual(['é'])
      expect(await named('a/b/deep')).toEqual([])
      expect(await named('absent')).toEqual([])
      expect(await store.within('a').folders('')).toEqual(['b'])
    })

    test('says the time that it dates objects with, and leaves nothing behind', async () => {
      const { store } = fresh()
      expect(elapsedMs((await store.now()) - 1_000, await store.now())).toBeDefined()
      await store.put('a', bytesOf('x'))
      const age = elapsedMs((await store.head('a'))?.modifiedAt ?? Infinity, await store.now())
      expect(age).toBeDefined()
      expect(age).toBeLessThan(600_000)
      expect(await paths(store.list(''))).toEqual(['a'])
    })

    test('a write is read back at once, also by another client', async () => {
      const { store, again } = fresh()
      await store.put('a/b.txt', bytesOf('hello'))
      expect(textOf(await again.get('a/b.txt'))).toBe('hello')
      expect(await again.head('a/b.txt')).toMatchObject({ path: 'a/b.txt', size: 5 })
      expect(await collected(again.list(''))).toMatchObject([{ path: 'a/b.txt', size: 5 }])
    })

    test('bytes that are read belong to the reader: changing them, or those written, changes no object', async () => {
      const { store } = fresh()
      const written = bytesOf('abc')
      await store.put('x', written)
      written[0] = 0
      const read = await store.get('x')
      expect(textOf(read)).toBe('abc')
      read?.fill(0)
      expect(textOf(await store.get('x'))).toBe('abc')
    })

    test('a view into a larger buffer is written as the view, and what is read starts its buffer', async () => {
      const { store } = fresh()
      await store.put('x', Buffer.from('__abc__').subarray(2, 5))
      await store.putIfAbsent('y', bytesOf('__abc__').subarray(2, 5))
      for (const path of ['x', 'y']) {
        const read = await store.get(path)
        expect(textOf(read)).toBe('abc')
        expect(read?.byteOffset).toBe(0)
        expect(read?.buffer.byteLength).toBe(3)
      }
    })

    test('an overwrite replaces the object whole, shorter or longer, and moves its time', async () => {
      const { store } = fresh()
      await store.put('x', bytesOf('a longer text'))
      const before = await store.head('x')
      await store.put('x', bytesOf('short'))
      expect(textOf(await store.get('x'))).toBe('short')
      expect((await store.head('x'))?.modifiedAt).toBeGreaterThanOrEqual(before?.modifiedAt ?? Infinity)
      await store.put('x', bytesOf('a longer text again'))
      expect(textOf(await store.get('x'))).toBe('a longer text again')
    })

    test('a reader never sees a mixture of an old and a new object', async () => {
      const { store, again } = fresh()
      const versions = [0x61, 0x62].map(fill => new Uint8Array(300_000).fill(fill))
      await store.put('x', versions[0] ?? new Uint8Array())
      const progress = { writing: true }
      const writes = (async () => {
        for (let i = 0; i < 20; i++) await store.put('x', versions[i % 2] ?? new Uint8Array())
        progress.writing = false
      })()
      do {
        const read = await again.get('x')
        expect(read?.length).toBe(300_000)
        expect(read?.every(byte => byte === read[0])).toBe(true)
      } while (progress.writing)
      await writes
    })

    test('empty objects exist', async () => {
      const { store } = fresh()
      await store.put('p', new Uint8Array())
      expect(await store.putIfAbsent('q', new Uint8Array())).toBe('created')
      const writer = await store.create('r')
      await writer.close()
      for (const path of ['p', 'q', 'r']) {
        expect(await store.get(path)).toEqual(new Uint8Array())
        expect(await store.get(path, { start: 0, end: 10 })).toEqual(new Uint8Array())
        expect((await store.head(path))?.size).toBe(0)
      }
      expect(await paths(store.list(''))).toEqual(['p', 'q', 'r'])
    })

    test('ranges are cut to what exists', async () => {
      const { store } = fresh()
      await store.put('x', bytesOf('0123456789'))
      const part = async (start: number, end?: number) => textOf(await store.get('x', { start, end }))
      expect(await part(0)).toBe('0123456789')
      expect(await part(3)).toBe('3456789')
      expect(await part(3, 5)).toBe('34')
      expect(await part(9, 10)).toBe('9')
      expect(await part(8, 100)).toBe('89')
      expect(await part(10)).toBe('')
      expect(await part(50, 60)).toBe('')
      expect(await part(4, 4)).toBe('')
      expect(await part(5, 4)).toBe('')
      await expect(part(-1)).rejects.toThrow(RangeError)
    })

    test('put-if-absent writes once and says so ever after', async () => {
      const { store, again } = fresh()
      expect(await store.putIfAbsent('log/0.json', bytesOf('first'))).toBe('created')
      expect(await again.putIfAbsent('log/0.json', bytesOf('second'))).toBe('exists')
      expect(textOf(await again.get('log/0.json'))).toBe('first')
      await store.delete('log/0.json')
      expect(await again.putIfAbsent('log/0.json', bytesOf('third'))).toBe('created')
    })

    test('of 50 racing put-if-absents exactly one creates, and its bytes are the object', async () => {
      const { store, again } = fresh()
      for (const name of ['_delta_log/1.json', '_delta_log/2.json', '_delta_log/3.json']) {
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? store : again).putIfAbsent(name, bytesOf(`writer ${i}`))),
        )
        const winner = outcomes.indexOf('created')
        expect(outcomes.filter(outcome => outcome === 'created')).toHaveLength(1)
        expect(textOf(await store.get(name))).toBe(`writer ${winner}`)
      }
      expect(await paths(store.list(''))).toHaveLength(3)
    })

    test('names are kept as they are, special characters and all', async () => {
      const { store } = fresh()
      const names = [
        'a b/c d',
        'p=a%2Fb/x',
        'p=a%252Fb/x',
        '100%',
        'q?x=1&y=2',
        'h#frag',
        'a+b',
        'a=b;c',
        'ünï/çødé/日本',
        '😀/x',
        "quote'd",
        'dou"ble',
        '[x]{y}',
        'a~b',
        'semi:colon',
        '(a)',
        'x@y',
        'x,y$z!',
        '*star',
        '.hidden',
        'a..b',
        '...',
        '%41',
        '<l>|',
      ]
      for (const name of names) await store.put(name, bytesOf(name))
      for (const name of names) {
        expect(textOf(await store.get(name))).toBe(name)
        expect((await store.head(name))?.path).toBe(name)
        expect(await store.putIfAbsent(name, bytesOf('other'))).toBe('exists')
        expect(await paths(store.list(name))).toContain(name)
      }
      expect(await paths(store.list(''))).toEqual([...names].sort(compareUtf8))
      const writer = await store.create('new/p=%C3%BC ü#?')
      await writer.write(bytesOf('streamed'))
      await writer.close()
      expect(textOf(await store.get('new/p=%C3%BC ü#?'))).toBe('streamed')
      for (const name of names) await store.delete(name)
      expect(await paths(store.list(''))).toEqual(['new/p=%C3%BC ü#?'])
    })

    test('names that leave the root, or mean another name, are refused', async () => {
      const { store } = fresh()
      for (const name of [
        '',
        '/',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../../b',
        'a/./b',
        '.',
        '..',
        'a\0b',
        '\ud800',
        'a\\b',
      ]) {
        await expect((async () => store.put(name, bytesOf('x')))()).rejects.toMatchObject({
          code: 'STORAGE_BAD_ADDRESS',
        })
        await expect((async () => store.get(name))()).rejects.toBeInstanceOf(StorageError)
      }
      await expect((async () => collected(store.list('../')))()).rejects.toMatchObject({ code: 'STORAGE_BAD_ADDRESS' })
      expect(() => store.within('..')).toThrow(StorageError)
    })

    test('listings are in the order of UTF-8 bytes of whole names, folders or not', async () => {
      const { store } = fresh()
      const names = [
        'a/x',
        'a-b/x',
        'a.b',
        'a0',
        'aa/b/c',
        'A',
        'Z/z',
        'b',
        '\uffee',
        '\u{1f600}',
        'é',
        'e',
        '_x',
        '10',
        '9',
      ]
      for (const name of names) await store.put(name, bytesOf(name))
      expect(await paths(store.list(''))).toEqual(
        [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
    })

    test('a prefix is text, not a folder; startAfter is exclusive and need not exist', async () => {
      const { store } = fresh()
      const names = ['a', 'log/0001.json', 'log/0002.json', 'log/0010.json', 'log/sub/1', 'log-2/1', 'logs', 'z']
      for (const name of names) await store.put(name, bytesOf(name))
      expect(await paths(store.list('log'))).toEqual([
        'log-2/1',
        'log/0001.json',
        'log/0002.json',
        'log/0010.json',
        'log/sub/1',
        'logs',
      ])
      expect(await paths(store.list('log/'))).toEqual(['log/0001.json', 'log/0002.json', 'log/0010.json', 'log/sub/1'])
      expect(await paths(store.list('log/00'))).toEqual(['log/0001.json', 'log/0002.json', 'log/0010.json'])
      expect(await paths(store.list('log/0001.json'))).toEqual(['log/0001.json'])
      const after = (prefix: string, startAfter: string) => paths(store.list(prefix, { startAfter }))
      expect(await after('log/', 'log/0001.json')).toEqual(['log/0002.json', 'log/0010.json', 'log/sub/1'])
      expect(await after('log/', 'log/0003.json')).toEqual(['log/0010.json', 'log/sub/1'])
      expect(await after('log/', 'a')).toEqual(['log/0001.json', 'log/0002.json', 'log/0010.json', 'log/sub/1'])
      expect(await after('log/', 'log/sub/1')).toEqual([])
      expect(await after('log/', 'log/sub/')).toEqual(['log/sub/1'])
      expect(await after('log/', 'z')).toEqual([])
      expect(await after('', 'log-2/1')).toEqual([
        'log/0001.json',
        'log/0002.json',
        'log/0010.json',
        'log/sub/1',
        'logs',
        'z',
      ])
      expect(await after('', 'log/0010.json')).toEqual(['log/sub/1', 'logs', 'z'])
    })

    test(`a folder of ${options.many} objects is listed whole and in order, from any place in it`, async () => {
      const { store } = fresh()
      const name = (i: number) => `_delta_log/${String(i).padStart(20, '0')}.json`
      const all = Array.from({ length: options.many }, (_, i) => name(i))
      for (let i = 0; i < all.length; i += 50)
        await Promise.all(all.slice(i, i + 50).map(path => store.put(path, bytesOf('{}'))))
      expect(await paths(store.list('_delta_log/'))).toEqual(all)
      expect(await paths(store.list('_delta_log/', { startAfter: name(options.many - 3) }))).toEqual(all.slice(-2))
      expect(await paths(store.list('', { startAfter: name(10) }))).toEqual(all.slice(11))
    })

    test('a listing may be left early', async () => {
      const { store } = fresh()
      for (const name of ['a', 'b', 'c']) await store.put(name, bytesOf(name))
      for await (const info of store.list('')) {
        expect(info.path).toBe('a')
        break
      }
      expect(await paths(store.list(''))).toEqual(['a', 'b', 'c'])
    })

    test('an upload shows nothing before it is closed, then everything', async () => {
      const { store, again } = fresh()
      const writer = await store.create('data/part.parquet')
      const parts = [
        new Uint8Array(100_000).fill(1),
        new Uint8Array(),
        new Uint8Array(1).fill(2),
        new Uint8Array(200_000).fill(3),
      ]
      for (const part of parts) {
        await writer.write(part)
        expect(await again.head('data/part.parquet')).toBeUndefined()
        expect(await paths(again.list(''))).toEqual([])
      }
      await writer.close()
      expect(Buffer.compare((await again.get('data/part.parquet')) ?? new Uint8Array(), Buffer.concat(parts))).toBe(0)
      expect(await collected(again.list(''))).toMatchObject([{ path: 'data/part.parquet', size: 300_001 }])
    })

    test('an upload copies what it is given: the caller may use its buffer again', async () => {
      const { store } = fresh()
      const writer = await store.create('x')
      const buffer = new Uint8Array(4)
      for (const fill of [1, 2, 3]) {
        buffer.fill(fill)
        await writer.write(buffer)
      }
      buffer.fill(9)
      await writer.close()
      expect(await store.get('x')).toEqual(new Uint8Array([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]))
    })

    test('an upload replaces what had the name, and an aborted one leaves it', async () => {
      const { store } = fresh()
      await store.put('x', bytesOf('old'))
      const aborted = await store.create('x')
      await aborted.write(bytesOf('never'))
      await aborted.abort()
      await aborted.abort()
      expect(textOf(await store.get('x'))).toBe('old')
      expect(await paths(store.list(''))).toEqual(['x'])
      await expect((async () => aborted.write(bytesOf('late')))()).rejects.toBeInstanceOf(StorageError)
      await expect((async () => aborted.close())()).rejects.toBeInstanceOf(StorageError)
      const writer = await store.create('x')
      await writer.write(bytesOf('new'))
      await writer.close()
      await writer.abort()
      expect(textOf(await store.get('x'))).toBe('new')
    })

    test('within is a folder: names are relative to it, nothing outside is seen', async () => {
      const { store, folder } = fresh()
      const events = store.within('bronze/events')
      await events.put('_delta_log/0.json', bytesOf('{}'))
      await store.put('bronze/events_other/x', bytesOf('x'))
      await store.put('bronze/eventsx', bytesOf('x'))
      expect(textOf(await store.get('bronze/events/_delta_log/0.json'))).toBe('{}')
      expect(await paths(events.list(''))).toEqual(['_delta_log/0.json'])
      expect(await paths(events.list('_delta_log/', { startAfter: '_delta_log/' }))).toEqual(['_delta_log/0.json'])
      expect((await events.head('_delta_log/0.json'))?.path).toBe('_delta_log/0.json')
      expect(textOf(await store.within('bronze/').within('events').get('_delta_log/0.json'))).toBe('{}')
      expect(events.url.endsWith(`${folder}/bronze/events`)).toBe(true)
    })
  })
}
