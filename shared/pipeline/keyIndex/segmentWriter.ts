import { crc32 } from 'node:zlib'

import type { ObjectWriter } from '../../storage/index.js'
import { hashBits } from './keyHash.js'
import { SegmentDirectoryWriter } from './segmentDirectory.js'
import { EntryPacker, type SegmentLayout, segmentLayout } from './segmentLayout.js'
import { encodeTail, encodeTrailer, type SegmentTrailer } from './segmentTrailer.js'

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
  readonly #bucketSpan: number
  #entries = 0
  #digest = 0
  #size = 0

  constructor(output: ObjectWriter, trailer: SegmentTrailer) {
    const stretches = trailer.files.reduce((sum, { stretches: own }) => sum + own.count, 0)
    this.#output = output
    this.#trailer = trailer
    this.#layout = segmentLayout(trailer.entries, stretches)
    this.#packer = new EntryPacker(this.#layout, flushBytes)
    this.#directory = new SegmentDirectoryWriter(this.#layout)
    this.#bucketSpan = 2 ** (hashBits - this.#layout.bucketBits)
  }

  /** Adds an entry; hashes ascend. @returns false when what has gathered is to be flushed */
  add(hash: number, stretch: number): boolean {
    const bucket = Math.floor(hash / this.#bucketSpan)
    this.#directory.add(bucket)
    this.#packer.push(hash - bucket * this.#bucketSpan, stretch)
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
