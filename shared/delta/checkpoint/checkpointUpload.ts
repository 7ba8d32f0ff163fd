import type { ByteSink } from '../../parquet/index.js'
import type { ObjectStore, ObjectWriter } from '../../storage/index.js'

/** What is held back until it is known whether the whole fits. */
const heldBytes = 8 * 2 ** 20

/**
 * An upload that does not replace an object that a reader may be reading: small ones by put-if-absent; larger ones are
 * streamed, and aborted when the name is taken by the time they are complete. Two writers of one checkpoint may both
 * win that race for a large one; then the later replaces the earlier by a complete one with the same content.
 */
export class CheckpointUpload implements ByteSink {
  readonly #store: ObjectStore
  readonly #path: string
  #held: Uint8Array[] = []
  #heldSize = 0
  #upload: ObjectWriter | undefined

  constructor(store: ObjectStore, path: string) {
    this.#store = store
    this.#path = path
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#upload === undefined) {
      this.#held.push(bytes)
      this.#heldSize += bytes.length
      if (this.#heldSize <= heldBytes) return
      this.#upload = await this.#store.create(this.#path)
      for (const held of this.#held) await this.#upload.write(held)
      this.#held = []
    } else await this.#upload.write(bytes)
  }

  /** Makes the object visible. `exists`: another writer has written it meanwhile, and that one stays. */
  async close(): Promise<'created' | 'exists'> {
    if (this.#upload === undefined) return this.#store.putIfAbsent(this.#path, Buffer.concat(this.#held))
    if ((await this.#store.head(this.#path)) !== undefined) {
      await this.#upload.abort()
      return 'exists'
    }
    await this.#upload.close()
    return 'created'
  }

  async abort(): Promise<void> {
    await this.#upload?.abort()
  }
}
