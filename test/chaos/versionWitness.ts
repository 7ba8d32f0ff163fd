import { createHash } from 'node:crypto'

import { commitPath, parseLogName } from '../../shared/delta/index.js'
import {
  type ByteRange,
  type ObjectInfo,
  type ObjectStore,
  type ObjectWriter,
  type PutOutcome,
  StorageError,
} from '../../shared/storage/index.js'

/** What was sent as which version, by the digests of its bytes; of several processes, joined. */
export type Sent = Record<string, string[]>

/**
 * Sees every commit that is written to a table and every one that is read, and complains of a version that was not what
 * one writer had sent for it, or not always the same. Shared by all who work on the table in one process.
 */
export class VersionWitness {
  readonly sent: Sent = {}
  readonly complaints: string[] = []
  readonly #onSending: (path: string, digest: string) => void
  readonly #seen = new Map<string, string>()
  readonly #created = new Map<string, string>()

  /** @param onSending told of every commit before it is sent, by the digest of its bytes */
  constructor(onSending: (path: string, digest: string) => void = () => undefined) {
    this.#onSending = onSending
  }

  /**
   * The store, watched, for one piece of work. Its root must be the table's folder.
   * @param stale says that the work has gone on for longer than files which no version names yet are kept: a commit is
   *   then refused, as nobody can promise that its files are still there
   */
  watch(store: ObjectStore, stale: () => boolean = () => false): ObjectStore {
    return new WatchedStore(store, this, stale)
  }

  sending(path: string, bytes: Uint8Array): void {
    ;(this.sent[path] ??= []).push(digest(bytes))
    this.#onSending(path, digest(bytes))
  }

  created(path: string, bytes: Uint8Array): void {
    if (this.#created.has(path)) this.complaints.push(`${path} was created twice`)
    this.#created.set(path, digest(bytes))
    this.saw(path, bytes)
  }

  saw(path: string, bytes: Uint8Array): void {
    const now = digest(bytes)
    const before = this.#seen.get(path)
    if (before !== undefined && before !== now) this.complaints.push(`${path} was overwritten`)
    this.#seen.set(path, now)
  }

  /** Compares what was seen of every version, now and before, with what was sent, here and by `others`. */
  async judge(store: ObjectStore, tip: number, others: Sent = {}): Promise<readonly string[]> {
    for (let version = 0; version <= tip; version++) {
      const bytes = await store.get(commitPath(version))
      if (bytes !== undefined) this.saw(commitPath(version), bytes)
    }
    for (const [path, seen] of this.#seen) {
      if (![this.sent, others].some(sent => sent[path]?.includes(seen) === true))
        this.complaints.push(`nobody sent what ${path} is`)
    }
    return this.complaints
  }
}

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')
const isCommit = (path: string) => parseLogName(path)?.kind === 'commit'

class WatchedStore implements ObjectStore {
  readonly url: string
  readonly #inner: ObjectStore
  readonly #witness: VersionWitness
  readonly #stale: () => boolean

  constructor(inner: ObjectStore, witness: VersionWitness, stale: () => boolean) {
    this.url = inner.url
    this.#stale = stale
    this.#inner = inner
    this.#witness = witness
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const bytes = await this.#inner.get(path, range)
    if (bytes !== undefined && range === undefined && isCommit(path)) this.#witness.saw(path, bytes)
    return bytes
  }

  now(): Promise<number> {
    return this.#inner.now()
  }

  folders(folder: string): Promise<readonly string[]> {
    return this.#inner.folders(folder)
  }

  head(path: string): Promise<ObjectInfo | undefined> {
    return this.#inner.head(path)
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    if (isCommit(path)) this.#witness.complaints.push(`${path} was put without asking whether it is there`)
    return this.#inner.put(path, bytes)
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    if (isCommit(path)) {
      if (this.#stale())
        throw new StorageError('STORAGE_UNAVAILABLE', 'This took longer than its files are kept.', { retryable: true })
      this.#witness.sending(path, bytes)
    }
    const outcome = await this.#inner.putIfAbsent(path, bytes)
    if (outcome === 'created' && isCommit(path)) this.#witness.created(path, bytes)
    return outcome
  }

  create(path: string): Promise<ObjectWriter> {
    return this.#inner.create(path)
  }

  list(prefix: string, options?: { readonly startAfter?: string | undefined }): AsyncIterable<ObjectInfo> {
    return this.#inner.list(prefix, options)
  }

  delete(path: string): Promise<void> {
    return this.#inner.delete(path)
  }

  within(prefix: string): ObjectStore {
    return this.#inner.within(prefix)
  }
}
