import { crc32 } from 'node:zlib'

import type { ObjectWriter } from '../../storage/index.js'
import { SegmentDirectoryWriter } from './segmentDirectory.js'
import { EntryPacker, type SegmentLayout } from './segmentLayout.js'
import { encodeTail, encodeTrailer, layoutOf, type SegmentTrailer } from './segmentTrailer.js'

const flushBytes = 2 ** 20

/**
 * Writes a segment: entries in the order of their hashes, then where each bucket ends, then what the segment is. Memory
 * is bounded but for a bit and a half an entry.
 */
export class SegmentWriter {
  readonly #output: ObjectWriter
  readonly #layout: SegmentLayout
  readonly #packer: EntryPacker
  readonly #directory: SegmentDirectoryWriter
  readonly #trailer: SegmentTrailer
  #entries = 0
  #digest = 0
  #size = 0

  constructor(output: ObjectWriter, trailer: SegmentTrailer) {
    this.#output = output
    this.#trailer = trailer
    this.#layout = layoutOf(trailer)
    this.#packer = new EntryPacker(this.#layout, flushBytes)
    this.#directory = new SegmentDirectoryWriter(this.#layout)
  }

  /** Adds an entry; hashes ascend. @returns false when what has gathered is to be flushed */
  add(hash: number, stretch: number): boolean {
    const { bucketSpan } = this.#layout
    const bucket = Math.floor(hash / bucketSpan)
    this.#directory.add(bucket)
    this.#packer.push(hash - bucket * bucketSpan, stretch)
    this.#entries++
    return this.#packer.size < flushBytes
  }

  async flush(): Promise<void> {
    await this.#write(this.#packer.take())
  }

  /** @returns bytes of the segment. @throws RangeError when there were other than the announced entries */
  async finish(): Promise<number> {
    if (this.#entries !== this.#layout.entries)
      throw new RangeError(`a segment of ${this.#layout.entries} entries got ${this.#entries}`)
    await this.#write(this.#packer.finish())
    await this.#write(this.#directory.finish())
    const trailer = encodeTrailer(this.#trailer)
    await this.#write(trailer)
    const tail = encodeTail(trailer.length, this.#digest)
    await this.#write(tail)
    await this.#output.close()
    return this.#size
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#digest = crc32(bytes, this.#digest)
    this.#size += bytes.length
    await this.#output.write(bytes)
  }
}
