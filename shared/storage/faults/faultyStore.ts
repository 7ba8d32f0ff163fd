import { type Clock, systemClock } from '../../clock.js'
import { checkedFolder, joinedPath } from '../objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from '../objectStore.js'
import { faultError, type Faults, lostAnswer, type StorageOperation } from './faults.js'

/** Any store, with a plan of what goes wrong. For tests of what stands on storage. */
export class FaultyStore implements ObjectStore {
  readonly url: string
  readonly #inner: ObjectStore
  readonly #faults: Faults
  readonly #clock: Clock
  readonly #folder: string
  readonly localPath?: (path: string) => string

  /** @param clock what `delay` faults sleep on */
  constructor(inner: ObjectStore, faults: Faults, clock: Clock = systemClock, folder = '') {
    this.url = inner.url
    this.#inner = inner
    this.#faults = faults
    this.#clock = clock
    this.#folder = folder
    if (inner.localPath !== undefined) this.localPath = inner.localPath.bind(inner)
  }

  get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#strike('get', path, () => this.#inner.get(path, range))
  }

  now(): Promise<number> {
    return this.#inner.now()
  }

  head(path: string): Promise<ObjectInfo | undefined> {
    return this.#strike('head', path, () => this.#inner.head(path))
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#strike('put', path, () => this.#inner.put(path, bytes))
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#strike(
      'putIfAbsent',
      path,
      () => this.#inner.putIfAbsent(path, bytes),
      () => 'exists',
    )
  }

  async create(path: string): Promise<ObjectWriter> {
    const writer = await this.#strike('create', path, () => this.#inner.create(path))
    return {
      write: bytes => this.#strike('write', path, () => writer.write(bytes)),
      close: () => this.#strike('close', path, () => writer.close()),
      abort: () => writer.abort(),
    }
  }

  folders(folder: string): Promise<readonly string[]> {
    return this.#strike('list', folder, () => this.#inner.folders(folder))
  }

  async *list(prefix: string, options?: { readonly startAfter?: string | undefined }): AsyncIterable<ObjectInfo> {
    await this.#strike('list', prefix, () => Promise.resolve())
    yield* this.#inner.list(prefix, options)
  }

  delete(path: string): Promise<void> {
    return this.#strike('delete', path, () => this.#inner.delete(path))
  }

  sibling(url: string): ObjectStore | undefined {
    const found = this.#inner.sibling?.(url)
    return found === undefined ? undefined : new FaultyStore(found, this.#faults, this.#clock)
  }

  within(prefix: string): ObjectStore {
    const folder = joinedPath(this.#folder, checkedFolder(prefix))
    return new FaultyStore(this.#inner.within(prefix), this.#faults, this.#clock, folder)
  }

  async #strike<T>(operation: StorageOperation, path: string, act: () => Promise<T>, met?: (done: T) => T): Promise<T> {
    const fullPath = joinedPath(this.#folder, path)
    const fault = this.#faults.take(operation, fullPath)
    switch (fault?.kind) {
      case undefined:
        return act()
      case 'fail':
        throw faultError(fault, operation, fullPath)
      case 'loseAnswer':
        await act()
        throw lostAnswer(operation, fullPath)
      case 'meetOwnWrite': {
        const done = await act()
        return met === undefined ? done : met(done)
      }
      case 'delay':
        await this.#clock.sleep(fault.ms)
        return act()
      case 'interleave':
        await fault.first()
        return act()
    }
  }
}
