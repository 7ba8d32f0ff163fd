import { open, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import type { ObjectStore } from '../../storage/index.js'
import { makeTemporaryFolder, QueryError, temporaryFileFault } from '../duckdb/index.js'
import { download, type ImmutableFile, localFile } from './immutableFile.js'

/** Where downloaded files go, and how much of the disk and the network they may take. */
export interface FileCacheOptions {
  /** Bytes that downloaded files may take on the local disk, all together. */
  readonly limitBytes: number
  /** Where the cache's own folder is made; the system's when absent. */
  readonly temporaryFolder?: string | undefined
  /** Files downloaded at once; 8 when absent. */
  readonly parallel?: number | undefined
  /** Called with every local path that is given out. */
  readonly onPaths?: ((paths: readonly string[]) => void) | undefined
}

/** Local files that stay where they are until they are released. */
export interface FileLease extends Disposable {
  /** Local paths, in the order in which the files were asked for. */
  readonly paths: readonly string[]
  release(): void
}

/** Where the bytes of a new local file go, in order. */
export interface LocalSink {
  write(bytes: Uint8Array): Promise<void>
}

/** Files that nobody uses, from which on the oldest go, however small: what is read once is not to be known for ever. */
const mostIdleFiles = 2_048

interface Entry {
  readonly key: string
  readonly localPath: string
  readonly size: number
  readonly ready: Promise<void>
  leases: number
}

/**
 * A store's files on the local disk, for engines that read only that. Files of a store that is a local folder are used
 * in place; others are downloaded once into a private folder of bounded size, the least recently used going first.
 * Concurrent leases share downloads. A lease that cannot fit even when all that is idle goes is a QueryError
 * (`QUERY_CACHE_TOO_SMALL`): waiting for others could wait for ever.
 */
export class FileCache implements AsyncDisposable {
  readonly #options: FileCacheOptions
  /** In order of last use, the oldest first. */
  readonly #entries = new Map<string, Entry>()
  readonly #queue: (() => void)[] = []
  #folder: Promise<string> | undefined
  #bytes = 0
  #running = 0
  #named = 0

  constructor(options: FileCacheOptions) {
    this.#options = options
  }

  /** Bytes on the local disk now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Brings the files to the local disk and keeps them there until the lease is released. */
  async lease(store: ObjectStore, files: readonly ImmutableFile[]): Promise<FileLease> {
    if (store.localPath !== undefined) {
      const paths = await Promise.all(files.map(file => localFile(store, file)))
      return this.#leaseOf(paths, () => undefined)
    }
    const folder = await this.#ownFolder()
    const taken: Entry[] = []
    const release = () => {
      for (const entry of taken.splice(0)) entry.leases--
    }
    try {
      // Claimed without a pause in between, so that no other lease can push out what this one has just found.
      const unique = new Map(files.map(file => [keyOf(store, file), file]))
      for (const key of unique.keys()) {
        const known = this.#entries.get(key)
        if (known === undefined) continue
        known.leases++
        taken.push(known)
      }
      for (const [key, file] of unique) {
        if (this.#entries.has(key)) continue
        this.#makeRoom(file.size, {
          files: unique.size,
          bytes: [...unique.values()].reduce((sum, { size }) => sum + size, 0),
        })
        taken.push(this.#download(store, file, key, join(folder, `${++this.#named}.parquet`)))
      }
      for (const entry of taken) {
        this.#entries.delete(entry.key)
        this.#entries.set(entry.key, entry)
      }
      this.#dropOldest()
      const outcomes = await Promise.allSettled(taken.map(entry => entry.ready))
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error
      const byKey = new Map(taken.map(entry => [entry.key, entry.localPath]))
      return this.#leaseOf(
        files.map(file => byKey.get(keyOf(store, file)) ?? ''),
        release,
      )
    } catch (error) {
      release()
      throw error
    }
  }

  /**
   * A new local file of what `write` puts into the sink, within the same limit; it is deleted once it is released.
   *
   * @throws QueryError `QUERY_CACHE_TOO_SMALL`
   */
  async create(write: (sink: LocalSink) => Promise<void>): Promise<FileLease> {
    const localPath = join(await this.#ownFolder(), `${++this.#named}.parquet`)
    let size = 0
    let released = false
    const release = () => {
      if (released) return
      released = true
      this.#bytes -= size
      void unlink(localPath).catch(() => undefined)
    }
    const handle = await open(localPath, 'wx')
    try {
      await write({
        write: async bytes => {
          this.#makeRoom(bytes.length, { files: 1, bytes: size + bytes.length })
          this.#bytes += bytes.length
          size += bytes.length
          await handle.writeFile(bytes)
        },
      })
    } catch (error) {
      release()
      throw temporaryFileFault(error, localPath)
    } finally {
      await handle.close()
    }
    return this.#leaseOf([localPath], release)
  }

  /** Removes every file; leases are void from now on. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#entries.values()].map(entry => entry.ready))
    this.#entries.clear()
    this.#bytes = 0
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #leaseOf(paths: readonly string[], release: () => void): FileLease {
    this.#options.onPaths?.(paths)
    return { paths, release, [Symbol.dispose]: release }
  }

  #ownFolder(): Promise<string> {
    this.#folder ??= makeTemporaryFolder('lake-files-', this.#options.temporaryFolder)
    return this.#folder
  }

  #makeRoom(size: number, wanted: { readonly files: number; readonly bytes: number }): void {
    for (const entry of [...this.#entries.values()]) {
      if (this.#bytes + size <= this.#options.limitBytes) return
      if (entry.leases === 0) this.#drop(entry)
    }
    if (this.#bytes + size <= this.#options.limitBytes) return
    const { files, bytes } = wanted
    throw new QueryError(
      'QUERY_CACHE_TOO_SMALL',
      `the query needs ${files} ${files === 1 ? 'file' : 'files'} of ${bytes} bytes on the local disk, and ${this.#options.limitBytes} bytes ` +
        'are allowed for all queries together; raise the limit of the query cache, or read fewer files',
      { data: { files, bytes, limitBytes: this.#options.limitBytes } },
    )
  }

  #download(store: ObjectStore, file: ImmutableFile, key: string, localPath: string): Entry {
    const entry: Entry = {
      key,
      localPath,
      size: file.size,
      leases: 1,
      ready: this.#inTurn(() => download(store, file, localPath)).catch(async (error: unknown) => {
        this.#forget(entry)
        await unlink(localPath).catch(() => undefined)
        throw temporaryFileFault(error, localPath)
      }),
    }
    this.#entries.set(key, entry)
    this.#bytes += file.size
    return entry
  }

  #dropOldest(): void {
    if (this.#entries.size <= mostIdleFiles) return
    const idle = [...this.#entries.values()].filter(({ leases }) => leases === 0)
    for (const entry of idle.slice(0, Math.max(0, idle.length - mostIdleFiles))) this.#drop(entry)
  }

  #drop(entry: Entry): void {
    this.#forget(entry)
    void unlink(entry.localPath).catch(() => undefined)
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return
    this.#entries.delete(entry.key)
    this.#bytes -= entry.size
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= (this.#options.parallel ?? 8)) await new Promise<void>(resolve => this.#queue.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

const keyOf = (store: ObjectStore, file: ImmutableFile) => `${store.url}\n${file.path}`
