import { randomUUID } from 'node:crypto'

import type { ObjectWriter } from '../objectStore.js'
import { StorageError } from '../storageError.js'

/** The requests an upload is made of; failures come as StorageErrors. */
export interface BlobUploadRequests {
  stageBlock(blockId: string, bytes: Uint8Array): Promise<void>
  commitBlocks(blockIds: readonly string[]): Promise<void>
  /** Writes the blob in one request. */
  putWhole(bytes: Uint8Array): Promise<void>
  /** The tag of the blob that has the name now; undefined when there is none. */
  etag(): Promise<string | undefined>
}

/** Bytes in a block: two are held at most, and 50,000 of them are 390 GiB. */
export const blockSize = 8 * 1024 * 1024

/**
 * A streaming upload: blocks are staged while the next one fills, and show nothing until they are committed as the blob.
 * What fits in one block goes as one request. The service forgets blocks that are never committed after a week.
 *
 * It also forgets them when another upload of the name is committed first. Then this one counts as replaced by that: the
 * name has one of them, whole.
 */
export class BlobUpload implements ObjectWriter {
  readonly #name: string
  readonly #requests: BlobUploadRequests
  readonly #idPrefix = randomUUID()
  readonly #blockIds: string[] = []
  #block: Uint8Array | undefined
  #filled = 0
  #staging: Promise<void> = Promise.resolve()
  #failure: unknown
  #closed = false
  /** Of the blob that was there before. */
  #before: Promise<string | undefined> | undefined

  constructor(name: string, requests: BlobUploadRequests) {
    this.#name = name
    this.#requests = requests
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen()
    for (let at = 0; at < bytes.length;) {
      this.#block ??= new Uint8Array(blockSize)
      const part = bytes.subarray(at, at + blockSize - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === blockSize) await this.#stage()
    }
  }

  async close(): Promise<void> {
    this.#checkOpen()
    this.#closed = true
    const rest = this.#block?.subarray(0, this.#filled) ?? new Uint8Array()
    if (this.#blockIds.length === 0) {
      await this.#requests.putWhole(rest)
      return
    }
    if (rest.length > 0) await this.#stage()
    await this.#staging
    this.#rethrow()
    try {
      await this.#requests.commitBlocks(this.#blockIds)
    } catch (error) {
      if (!(error instanceof StorageError) || error.data['answer'] !== 'InvalidBlockList') throw error
      const found = await this.#requests.etag()
      if (found === undefined || found === (await this.#before)) throw error
    }
  }

  async abort(): Promise<void> {
    this.#closed = true
    this.#block = undefined
    await this.#staging
  }

  /** Sends the block once the one before is through; the caller goes on to fill the next. */
  async #stage(): Promise<void> {
    const bytes = this.#block?.subarray(0, this.#filled) ?? new Uint8Array()
    this.#before ??= this.#requests.etag()
    await this.#before
    await this.#staging
    this.#rethrow()
    this.#block = undefined
    this.#filled = 0
    // The service wants ids of one length.
    const id = Buffer.from(`${this.#idPrefix}-${String(this.#blockIds.length).padStart(6, '0')}`).toString('base64')
    this.#blockIds.push(id)
    this.#staging = this.#requests.stageBlock(id, bytes).catch((error: unknown) => {
      this.#failure = error
    })
  }

  #rethrow(): void {
    if (this.#failure === undefined) return
    this.#closed = true
    throw this.#failure as Error
  }

  #checkOpen(): void {
    this.#rethrow()
    if (this.#closed) {
      throw new StorageError('STORAGE_FAILED', `The upload of ${this.#name} is closed already.`, {
        data: { path: this.#name },
      })
    }
  }
}
