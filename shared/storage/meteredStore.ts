import { checkedFolder } from './objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from './objectStore.js'

/** Requests by the classes a storage bill has, and bytes; all count up from a store's first use. */
export interface StorageUsage {
  /** Gets and heads, of absent objects too. */
  readonly reads: number
  /** Puts, lost put-if-absents too, and the parts of streaming uploads. */
  readonly writes: number
  /** Pages of listings. */
  readonly lists: number
  /** Removals, which cost nothing on Azure. */
  readonly deletes: number
  readonly bytesRead: number
  readonly bytesWritten: number
}

/** The reading of a store that nobody has used yet. */
export const noUsage: StorageUsage = { reads: 0, writes: 0, lists: 0, deletes: 0, bytesRead: 0, bytesWritten: 0 }

/** What was used between two readings. */
export function usageBetween(before: StorageUsage, after: StorageUsage): StorageUsage {
  return {
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
    lists: after.lists - before.lists,
    deletes: after.deletes - before.deletes,
    bytesRead: after.bytesRead - before.bytesRead,
    bytesWritten: after.bytesWritten - before.bytesWritten,
  }
}

type Counters = { -readonly [name in keyof StorageUsage]: StorageUsage[name] }

/** Objects in one page of a listing on Azure. */
const pageSize = 5000

/** Bytes in one request of a streaming upload on Azure. */
const blockSize = 8 * 1024 * 1024

/**
 * Any store, counted. Counts are what the caller asked for, in Azure's units; retries inside a store are not seen.
 *
 * ```ts
 * const before = store.usage()
 * await step(store)
 * const used = usageBetween(before, store.usage())
 * ```
 */
export class MeteredStore implements ObjectStore {
  readonly url: string
  readonly localPath?: (path: string) => string
  readonly sibling?: (url: string) => ObjectStore | undefined
  readonly #inner: ObjectStore
  readonly #counters: Counters

  constructor(inner: ObjectStore, counters: Counters = { ...noUsage }) {
    this.url = inner.url
    this.#inner = inner
    this.#counters = counters
    if (inner.localPath !== undefined) this.localPath = inner.localPath.bind(inner)
    this.sibling = url => {
      const found = inner.sibling?.(url)
      return found === undefined ? undefined : new MeteredStore(found, counters)
    }
  }

  /** The counts up to now, of this store and of every one made from it by `within`. */
  usage(): StorageUsage {
    return { ...this.#counters }
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    this.#counters.reads++
    const bytes = await this.#inner.get(path, range)
    this.#counters.bytesRead += bytes?.length ?? 0
    return bytes
  }

  now(): Promise<number> {
    this.#counters.reads++
    return this.#inner.now()
  }

  head(path: string): Promise<ObjectInfo | undefined> {
    this.#counters.reads++
    return this.#inner.head(path)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    this.#counters.writes++
    await this.#inner.put(path, bytes)
    this.#counters.bytesWritten += bytes.length
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    this.#counters.writes++
    const outcome = await this.#inner.putIfAbsent(path, bytes)
    if (outcome === 'created') this.#counters.bytesWritten += bytes.length
    return outcome
  }

  async create(path: string): Promise<ObjectWriter> {
    const writer = await this.#inner.create(path)
    const counters = this.#counters
    let written = 0
    return {
      write: async bytes => {
        await writer.write(bytes)
        written += bytes.length
      },
      close: async () => {
        // One request for a whole small object; otherwise one a block and one that commits them.
        counters.writes += written < blockSize ? 1 : Math.ceil(written / blockSize) + 1
        await writer.close()
        counters.bytesWritten += written
      },
      abort: () => writer.abort(),
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const names = await this.#inner.folders(folder)
    this.#counters.lists += Math.max(1, Math.ceil(names.length / pageSize))
    return names
  }

  async *list(prefix: string, options?: { readonly startAfter?: string | undefined }): AsyncIterable<ObjectInfo> {
    let seen = 0
    this.#counters.lists++
    for await (const info of this.#inner.list(prefix, options)) {
      if (seen > 0 && seen % pageSize === 0) this.#counters.lists++
      seen++
      yield info
    }
  }

  delete(path: string): Promise<void> {
    this.#counters.deletes++
    return this.#inner.delete(path)
  }

  within(prefix: string): MeteredStore {
    return new MeteredStore(this.#inner.within(checkedFolder(prefix)), this.#counters)
  }
}
