import { type Clock, systemClock } from '../clock.js'
import { partitionPoint } from '../types/index.js'
import { checkRange, clippedRange } from './byteRange.js'
import { checkedFolder, checkedPath, checkedPrefix, compareUtf8, joinedPath } from './objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from './objectStore.js'
import { StorageError } from './storageError.js'

interface StoredObject {
  readonly bytes: Uint8Array
  readonly modifiedAt: number
}

/** What the views of one memory store share. */
class Objects {
  readonly byName = new Map<string, StoredObject>()
  #sorted: string[] | undefined

  set(name: string, object: StoredObject): void {
    if (!this.byName.has(name)) this.#sorted = undefined
    this.byName.set(name, object)
  }

  delete(name: string): void {
    if (this.byName.delete(name)) this.#sorted = undefined
  }

  /** Names in the order of UTF-8 bytes; the array is replaced, never changed. */
  names(): readonly string[] {
    this.#sorted ??= [...this.byName.keys()].sort(compareUtf8)
    return this.#sorted
  }
}

/**
 * A store in this process's memory with the semantics of blob storage. Every operation takes effect at one moment after
 * the call has returned its promise, so callers interleave as they would over a network.
 * Wrap it in a `FaultyStore` to make it fail.
 */
export class MemoryStore implements ObjectStore {
  readonly url: string
  readonly #clock: Clock
  readonly #objects: Objects
  readonly #folder: string

  /** @param clock gives `modifiedAt` */
  constructor(clock: Clock = systemClock, objects: Objects = new Objects(), folder = '') {
    this.#clock = clock
    this.#objects = objects
    this.#folder = folder
    this.url = `memory:${folder}`
  }

  async now(): Promise<number> {
    await turn()
    return this.#clock.now()
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (range !== undefined) checkRange(range)
    const name = this.#name(path)
    await turn()
    const object = this.#objects.byName.get(name)
    if (object === undefined) return undefined
    const { start, end } = clippedRange(object.bytes.length, range)
    return object.bytes.slice(start, end)
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    const name = this.#name(path)
    await turn()
    const object = this.#objects.byName.get(name)
    return object === undefined ? undefined : { path, size: object.bytes.length, modifiedAt: object.modifiedAt }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const name = this.#name(path)
    const copy = copied(bytes)
    await turn()
    this.#objects.set(name, { bytes: copy, modifiedAt: this.#clock.now() })
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const name = this.#name(path)
    const copy = copied(bytes)
    await turn()
    if (this.#objects.byName.has(name)) return 'exists'
    this.#objects.set(name, { bytes: copy, modifiedAt: this.#clock.now() })
    return 'created'
  }

  async create(path: string): Promise<ObjectWriter> {
    const name = this.#name(path)
    await turn()
    let parts: Uint8Array[] | undefined = []
    const open = () => {
      if (parts === undefined)
        throw new StorageError('STORAGE_FAILED', `The upload of ${path} is closed already.`, { data: { path } })
      return parts
    }
    return {
      write: async bytes => {
        open().push(copied(bytes))
        await turn()
      },
      close: async () => {
        const whole = concatenated(open())
        parts = undefined
        await turn()
        this.#objects.set(name, { bytes: whole, modifiedAt: this.#clock.now() })
      },
      abort: () => {
        parts = undefined
        return Promise.resolve()
      },
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const names = new Set<string>()
    const prefix = folder === '' ? '' : `${checkedFolder(folder)}/`
    for await (const { path } of this.list(prefix)) {
      const end = path.indexOf('/', prefix.length)
      if (end >= 0) names.add(path.slice(prefix.length, end))
    }
    return [...names]
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    const root = this.#folder === '' ? '' : `${this.#folder}/`
    const from = root + checkedPrefix(prefix)
    const after = options.startAfter === undefined ? undefined : root + options.startAfter
    await turn()
    const names = this.#objects.names()
    for (
      let i = firstAtOrAfter(names, after !== undefined && compareUtf8(after, from) > 0 ? after : from);
      i < names.length;
      i++
    ) {
      const name = names[i] ?? ''
      if (!name.startsWith(from)) return
      const object = this.#objects.byName.get(name)
      if (name === after || object === undefined) continue
      yield { path: name.slice(root.length), size: object.bytes.length, modifiedAt: object.modifiedAt }
    }
  }

  async delete(path: string): Promise<void> {
    const name = this.#name(path)
    await turn()
    this.#objects.delete(name)
  }

  within(prefix: string): MemoryStore {
    return new MemoryStore(this.#clock, this.#objects, joinedPath(this.#folder, checkedFolder(prefix)))
  }

  #name(path: string): string {
    return joinedPath(this.#folder, checkedPath(path))
  }
}

function turn(): Promise<void> {
  return Promise.resolve()
}

/** A copy with a buffer of its own, whatever kind of view was given: `slice` of a Buffer shares its memory. */
function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function firstAtOrAfter(names: readonly string[], wanted: string): number {
  return partitionPoint(names.length, i => compareUtf8(names[i] ?? '', wanted) < 0)
}
