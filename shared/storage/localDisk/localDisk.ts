import { closeSync, fstatSync, read, readSync, realpathSync, unlinkSync } from 'node:fs'
import { link, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { isInside } from '../address/index.js'
import { checkRange, clippedRange } from '../byteRange.js'
import { checkedFolder, checkedPath, checkedPrefix } from '../objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from '../objectStore.js'
import { StorageError } from '../storageError.js'
import { hasErrno, localError } from './localDiskError.js'
import { folderNames, listFolder } from './localDiskListing.js'
import { requireInside, StoreFolders } from './localLinks.js'
import {
  fileTime,
  modifiedAt,
  openTemporary,
  syncedFolder,
  temporaryPrefix,
  writtenTemporary,
} from './temporaryFile.js'

/**
 * A folder on this machine. What a call has written is on the disk, name and bytes, when the call returns.
 *
 * An object is written under a temporary name beside its own and then linked or renamed, so readers see all of it or
 * nothing; the folder must allow hard links (every usual local file system does). Folders appear as needed and are left
 * when they become empty. A name cannot be an object and a folder at once, unlike on blob storage. A link that leads
 * out of the folder is not followed, unless to where the user allows it; the folder itself may be a link.
 */
export class LocalDiskStore implements ObjectStore {
  readonly url: string
  readonly #root: string
  readonly #allowed: readonly string[]
  readonly #folders: StoreFolders

  /**
   * @param root an absolute path; the folder is made by the first write
   * @param allowed folders outside it that links may lead to
   */
  constructor(root: string, allowed: readonly string[] = []) {
    if (!path.isAbsolute(root)) {
      throw new StorageError('STORAGE_BAD_ADDRESS', `A local store needs an absolute path; got "${root}".`, {
        data: { root },
      })
    }
    this.#root = path.resolve(root)
    this.#allowed = allowed
    this.#folders = new StoreFolders(this.#root, allowed)
    this.url = pathToFileURL(this.#root).href
  }

  async get(name: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (range !== undefined) checkRange(range)
    const target = this.localPath(name)
    // Others get their turn first: who reads in a loop must not keep a writer waiting for ever.
    await setImmediate()
    // Four calls for a few kilobytes: each costs more on its way through the thread pool than on the disk.
    const file = await reading('get', target, () => this.#folders.open(target))
    if (file === undefined) return undefined
    try {
      return await reading('get', target, async () => {
        const found = fstatSync(file)
        if (!found.isFile()) return undefined
        const { start, end } = clippedRange(found.size, range)
        return end - start <= smallBytes ? readFullySync(file, start, end) : await readFully(file, start, end)
      })
    } finally {
      closeSync(file)
    }
  }

  /** The time that a new file gets: on a folder of the network that of another machine. */
  now(): Promise<number> {
    return fileTime(this.#root)
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    const target = this.localPath(name)
    requireInside(this.#root, target, this.#allowed)
    const found = await reading('head', target, () => stat(target, { bigint: true }))
    if (found?.isFile() !== true) return undefined
    return { path: name, size: Number(found.size), modifiedAt: modifiedAt(found) }
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const writer = await this.#upload('put', name)
    await writer.write(bytes)
    await writer.close()
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<PutOutcome> {
    const target = this.#writable(name)
    const temporary = await writtenTemporary(target, bytes)
    try {
      await link(temporary, target)
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) return 'exists'
      throw localError('putIfAbsent', target, error)
    } finally {
      await unlink(temporary).catch(() => undefined)
    }
    await syncedFolder('putIfAbsent', target)
    return 'created'
  }

  create(name: string): Promise<ObjectWriter> {
    return this.#upload('create', name)
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    yield* listFolder(this.#root, checkedPrefix(prefix), options.startAfter, this.#allowed)
  }

  async folders(folder: string): Promise<readonly string[]> {
    return await folderNames(this.#root, folder === '' ? '' : checkedFolder(folder))
  }

  async delete(name: string): Promise<void> {
    const target = this.localPath(name)
    await setImmediate()
    this.#folders.require(target)
    try {
      // At once: on its way through the thread pool it costs several times as much.
      unlinkSync(target)
    } catch (error) {
      // EISDIR (Linux) and EPERM (macOS): a folder has the name, so no object does.
      if (isAbsence(error)) return
      if (hasErrno(error, 'EPERM') && (await stat(target).catch(() => undefined))?.isDirectory() === true) return
      throw localError('delete', target, error)
    }
  }

  localPath(name: string): string {
    const checked = checkedPath(name)
    if (checked.slice(checked.lastIndexOf('/') + 1).startsWith(temporaryPrefix)) {
      throw new StorageError('STORAGE_BAD_ADDRESS', `The object name "${name}" is kept for unfinished uploads.`, {
        data: { path: name },
      })
    }
    // Of a name that was checked nothing is left to be normalized.
    return (this.#root.endsWith(path.sep) ? this.#root : this.#root + path.sep) + checked
  }

  within(prefix: string): LocalDiskStore {
    return new LocalDiskStore(path.join(this.#root, checkedFolder(prefix)), this.#allowed)
  }

  sibling(url: string): LocalDiskStore | undefined {
    if (!url.startsWith('file:')) return undefined
    const folder = fileURLToPath(url)
    const [root, real] = [this.#root, folder].map(place => {
      try {
        return realpathSync.native(place)
      } catch {
        return place
      }
    })
    return root !== undefined && real !== undefined && isInside(root, real)
      ? new LocalDiskStore(real, this.#allowed)
      : undefined
  }

  #writable(name: string): string {
    const target = this.localPath(name)
    this.#folders.require(target)
    return target
  }

  async #upload(operation: string, name: string): Promise<ObjectWriter> {
    const target = this.#writable(name)
    const { file, temporary } = await openTemporary(operation, target)
    let state: 'open' | 'closed' = 'open'
    const abort = async () => {
      if (state === 'closed') return
      state = 'closed'
      await file.close().catch(() => undefined)
      await unlink(temporary).catch(() => undefined)
    }
    const step = async (act: () => Promise<void>) => {
      if (state === 'closed')
        throw new StorageError('STORAGE_FAILED', `The upload of ${target} is closed already.`, { data: { path: name } })
      try {
        await act()
      } catch (error) {
        await abort()
        throw localError(operation, target, error)
      }
    }
    return {
      write: bytes => step(() => file.writeFile(bytes)),
      close: async () => {
        await step(async () => {
          await file.sync()
          await file.close()
          await rename(temporary, target)
          state = 'closed'
        })
        await syncedFolder(operation, target)
      },
      abort,
    }
  }
}

const readAsync = promisify(read)

/** What is read at once without leaving the others waiting: far less than a millisecond's worth. */
const smallBytes = 512 * 1024

function readFullySync(file: number, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const bytesRead = readSync(file, bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) return bytes.slice(0, filled)
    filled += bytesRead
  }
  return bytes
}

async function readFully(file: number, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await readAsync(file, bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) return bytes.slice(0, filled)
    filled += bytesRead
  }
  return bytes
}

/** Runs a read; an absent name is an outcome. */
async function reading<T>(operation: string, target: string, act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw localError(operation, target, error)
  }
}

function isAbsence(error: unknown): boolean {
  return hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')
}
