import { type FileHandle, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { LocalDiskStore } from '../../../shared/storage/index.js'
import { type TinyDisk, tinyDisk } from '../../harness/tinyDisk.js'

type Write = (store: LocalDiskStore, name: string, bytes: Uint8Array) => Promise<unknown>

const writes: readonly (readonly [how: string, write: Write])[] = [
  ['put', (store, name, bytes) => store.put(name, bytes)],
  ['putIfAbsent', (store, name, bytes) => store.putIfAbsent(name, bytes)],
  [
    'create',
    async (store, name, bytes) => {
      const writer = await store.create(name)
      for (let at = 0; at < bytes.length; at += 65_536) await writer.write(bytes.subarray(at, at + 65_536))
      await writer.close()
    },
  ],
]

const filled = (size: number, value: number) => new Uint8Array(size).fill(value)
const probe = tinyDisk(64)
probe?.remove()
let disk: TinyDisk | undefined
let undo: (() => void | Promise<void>) | undefined

afterEach(async () => {
  vi.restoreAllMocks()
  await undo?.()
  disk?.remove()
  undo = disk = undefined
})

/** Half of what is written fits. */
async function fullFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'full-disk-'))
  undo = () => rm(folder, { recursive: true })
  const handle = await open(join(folder, 'any'), 'w')
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const write = Reflect.get(prototype, 'writeFile') as (this: FileHandle, bytes: Uint8Array) => Promise<void>
  vi.spyOn(prototype, 'writeFile').mockImplementation(async function (this: FileHandle, bytes) {
    const whole = bytes as Uint8Array
    await write.call(this, whole.subarray(0, whole.length / 2))
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })
  return folder
}

describe('a disk that is full', () => {
  test.each(writes)(
    'in the middle of a %s: nothing of it is seen or left, it is reported as what it is',
    async (_, write) => {
      const store = new LocalDiskStore(await fullFolder())
      const failure = { code: 'STORAGE_FAILED', retryable: false, ambiguous: false, data: { errno: 'ENOSPC' } }
      await expect(write(store, 'log/1.json', filled(1_000, 1))).rejects.toMatchObject(failure)
      await expect(write(store, 'log/1.json', filled(1_000, 1))).rejects.toThrow(
        /log\/1\.json: the disk is full; make room on it, then run this again \(ENOSPC\)\.$/,
      )
      expect(await store.get('log/1.json')).toBeUndefined()
      expect(await readdir(store.localPath('log'))).toEqual([])
    },
  )

  test.runIf(probe !== undefined).each(writes)(
    'really: what was there stays whole after a %s, and with room the same call succeeds',
    async (how, write) => {
      disk = tinyDisk(1_024)
      const folder = disk?.folder ?? ''
      const store = new LocalDiskStore(folder)
      await store.put('log/0.json', filled(300_000, 1))
      await writeFile(join(folder, 'somebody-elses'), filled(400_000, 0))
      const name = how === 'putIfAbsent' ? 'log/1.json' : 'log/0.json'
      await expect(write(store, name, filled(500_000, 2))).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        data: { errno: 'ENOSPC' },
        ambiguous: false,
      })
      expect(await store.get('log/0.json')).toEqual(filled(300_000, 1))
      expect(await readdir(join(folder, 'log'))).toEqual(['0.json'])
      await rm(join(folder, 'somebody-elses'))
      await write(store, name, filled(500_000, 2))
      expect(await store.get(name)).toEqual(filled(500_000, 2))
    },
  )
})

describe.runIf(probe !== undefined)('a file system that is read-only', () => {
  test.each(writes)(
    'refuses a %s by that reason, in a folder that is not there yet too; it is read as before',
    async (_, write) => {
      disk = tinyDisk(1_024)
      const store = new LocalDiskStore(disk?.folder ?? '')
      await store.put('log/0.json', filled(10, 1))
      disk?.readOnly(true)
      for (const name of ['log/1.json', 'new/folder/1.json']) {
        await expect(write(store, name, filled(10, 2))).rejects.toMatchObject({
          code: 'STORAGE_FORBIDDEN',
          retryable: false,
          ambiguous: false,
        })
        await expect(write(store, name, filled(10, 2))).rejects.toThrow(/the file system is read-only; .* \(EROFS\)\.$/)
      }
      await expect(store.delete('log/0.json')).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN' })
      expect(await store.get('log/0.json')).toEqual(filled(10, 1))
      disk?.readOnly(false)
      await write(store, 'new/folder/1.json', filled(10, 2))
      expect(await store.get('new/folder/1.json')).toEqual(filled(10, 2))
    },
  )
})
