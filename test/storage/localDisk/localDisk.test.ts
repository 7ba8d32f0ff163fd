import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { LocalDiskStore } from '../../../shared/storage/localDisk/localDisk.js'
import { bytesOf, collected, describeContract, textOf } from '../contract.js'
import { raceInProcesses } from '../putRace.js'

const newFolder = () => mkdtemp(path.join(os.tmpdir(), 'local-disk-'))

describeContract(
  'LocalDiskStore',
  async () => {
    const root = await newFolder()
    const lake = path.join(root, 'not made yet', 'lake')
    return {
      store: new LocalDiskStore(lake),
      again: new LocalDiskStore(lake),
      stop: () => rm(root, { recursive: true }),
    }
  },
  { many: 6000 },
)

describe('LocalDiskStore', () => {
  let root: string
  let store: LocalDiskStore
  beforeAll(async () => {
    root = await newFolder()
    store = new LocalDiskStore(root)
  })
  afterAll(() => rm(root, { recursive: true }))

  test('of processes racing to put one name, exactly one creates it, name after name', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `_delta_log/${String(i).padStart(20, '0')}.json`)
    const created = await raceInProcesses(path.join(root, 'race'), names, 4)
    expect([...created.flat()].sort()).toEqual(names)
    const raced = store.within('race')
    for (const [writer, own] of created.entries()) {
      for (const name of own) expect(textOf(await raced.get(name))).toBe(`writer ${writer}`)
    }
    expect(await readdir(path.join(root, 'race', '_delta_log'))).toHaveLength(names.length)
  })

  test('no temporary file is left by any way to write', async () => {
    const tidy = store.within('tidy')
    await tidy.put('a', bytesOf('a'))
    await tidy.putIfAbsent('a', bytesOf('b'))
    await tidy.putIfAbsent('c', bytesOf('c'))
    await (await tidy.create('d')).abort()
    await (await tidy.create('e')).close()
    expect((await readdir(path.join(root, 'tidy'))).sort()).toEqual(['a', 'c', 'e'])
  })

  test('what a killed upload left is not listed, and is removed once it is old', async () => {
    const folder = path.join(root, 'killed')
    await mkdir(folder)
    const [young, old] = [path.join(folder, '.upload~young'), path.join(folder, '.upload~old')]
    for (const file of [young, old]) await writeFile(file, 'half')
    await utimes(old, new Date(0), new Date(0))
    expect(await collected(store.list('killed/'))).toEqual([])
    expect(await readdir(folder)).toEqual(['.upload~young'])
    await expect((async () => store.get('killed/.upload~young'))()).rejects.toMatchObject({
      code: 'STORAGE_BAD_ADDRESS',
    })
  })

  test('the last nanosecond of a millisecond is of that one, as in Spark, and not of the next', async () => {
    const times = store.within('times')
    await times.put('log/1.json', bytesOf('{}'))
    execFileSync('touch', ['-d', '2026-11-30T19:13:44.559999999Z', path.join(root, 'times/log/1.json')])
    const modifiedAt = Date.parse('2026-11-30T19:13:44.559Z')
    expect(await times.head('log/1.json')).toEqual({ path: 'log/1.json', size: 2, modifiedAt })
    expect(await collected(times.list('log/'))).toEqual([{ path: 'log/1.json', size: 2, modifiedAt }])
  })

  test('a folder is no object', async () => {
    await store.put('dir/x', bytesOf('x'))
    expect(await store.get('dir')).toBeUndefined()
    expect(await store.get('dir', { start: 0, end: 0 })).toBeUndefined()
    expect(await store.head('dir')).toBeUndefined()
    expect(await store.get('dir/x/y')).toBeUndefined()
    await store.delete('dir')
    await expect(store.put('dir/x/y', bytesOf('y'))).rejects.toMatchObject({ code: 'STORAGE_FAILED', ambiguous: false })
    expect(textOf(await store.get('dir/x'))).toBe('x')
  })

  test('a link to a folder is not followed by a listing, so a loop ends', async () => {
    await store.put('linked/x', bytesOf('x'))
    await symlink(path.join(root, 'linked'), path.join(root, 'linked', 'self'))
    await symlink(path.join(root, 'linked', 'x'), path.join(root, 'linked', 'y'))
    await symlink(path.join(root, 'nowhere'), path.join(root, 'linked', 'z'))
    expect((await collected(store.list('linked/'))).map(info => info.path)).toEqual(['linked/x', 'linked/y'])
  })

  test('localPath is where the bytes are', async () => {
    await store.put('a b/c%2Fd', bytesOf('x'))
    expect(store.localPath('a b/c%2Fd')).toBe(path.join(root, 'a b', 'c%2Fd'))
    expect(store.within('a b').localPath('c%2Fd')).toBe(path.join(root, 'a b', 'c%2Fd'))
    expect(() => store.localPath('../x')).toThrow('".."')
  })

  test('a name too long for the file system, or a relative root, is refused by its name', async () => {
    await expect(store.put('x'.repeat(300), bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_BAD_ADDRESS',
      retryable: false,
    })
    expect(() => new LocalDiskStore('relative')).toThrow('absolute')
  })
})
