/** One object as a listing or a `head` shows it. */
export interface ObjectInfo {
  /** Raw name relative to the store's root, `/`-separated, no leading slash, not percent-encoded. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedAt: number
}

/** Bytes `start` (inclusive) to `end` (exclusive) of an object. */
export interface ByteRange {
  /** First byte, inclusive. */
  readonly start: number
  /** One past the last byte; the object's end when absent. */
  readonly end?: number | undefined
}

/** What became of a put-if-absent. */
export type PutOutcome = 'created' | 'exists'

/** A streaming upload. Nothing is visible under the object's name before `close` returns. */
export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>
  /**
   * Makes the object visible, whole, replacing what had the name. Of uploads of one name that overlap, the object is one
   * of them, not always that which is closed last; the others count as replaced by it.
   */
  close(): Promise<void>
  /** Gives up; nothing becomes visible. Never throws. */
  abort(): Promise<void>
}

/**
 * Where a lake's bytes live. The only seam between the project and storage.
 *
 * Names are case-sensitive. Reads see every write that has returned (no caches). A name that is absent is an outcome
 * (`undefined`), never an error. Errors are {@link StorageError}s.
 */
export interface ObjectStore {
  /** The root's address, for messages and for settings; holds no secret. */
  readonly url: string

  /** The bytes, or the part of them, or `undefined` when there is no such object. */
  get(path: string, range?: ByteRange): Promise<Uint8Array | undefined>

  head(path: string): Promise<ObjectInfo | undefined>

  /** Writes whole, replacing what is there; readers see the old bytes or the new, never a mixture. */
  put(path: string, bytes: Uint8Array): Promise<void>

  /**
   * Writes whole if and only if nothing has the name: of any number of racing calls exactly one answers `created`,
   * in this process or another. Not retried here: an answer that was lost is thrown as an error with
   * `ambiguous: true`, after which the object may or may not have been written by this call.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome>

  /** A streaming upload for what is too large to hold; see {@link ObjectWriter}. */
  create(path: string): Promise<ObjectWriter>

  /** Every object whose name starts with `prefix` and sorts after `startAfter`, in the order of UTF-8 bytes. */
  list(prefix: string, options?: { readonly startAfter?: string | undefined }): AsyncIterable<ObjectInfo>

  /** Names of the folders directly in a folder, `''` being the root, in any order: what lies deeper is not listed for it. */
  folders(folder: string): Promise<readonly string[]>

  /** Removes the object; one that is absent already is fine. */
  delete(path: string): Promise<void>

  /**
   * Milliseconds since 1970 by the clock that dates objects (`modifiedAt`): the one clock that all hosts of a lake
   * share. See elapsed.ts.
   */
  now(): Promise<number>

  /** Where the object is on this machine's disk, when the store is a folder there (so that it need not be copied). */
  localPath?(path: string): string

  /** The store whose root is the folder `prefix` of this one. */
  within(prefix: string): ObjectStore

  /**
   * The store whose root is the folder at `url`, if that is in the same storage account (or, on a disk, in this very
   * folder): what gives access here gives it there too, and nobody else gets to see it. Undefined for any other.
   */
  sibling?(url: string): ObjectStore | undefined
}
