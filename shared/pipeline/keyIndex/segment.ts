import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { hashBits } from './keyHash.js'
import { entriesBytes, EntryReader, type SegmentLayout, segmentLayout } from './segmentLayout.js'
import { decodeTail, decodeTrailer, fixedTailBytes, type IndexedFile, type SegmentTrailer } from './segmentTrailer.js'

/** Row groups of one file, each with those of the hashes asked for that it has. */
export type GroupHashes = ReadonlyMap<number, readonly number[]>

const pieceBytes = 2 ** 20
/** Buckets that lie closer together are read in one go. */
const widestGap = 16 * 1024

/**
 * Sorted hashes of the keys of some data files, each with the row group that has it. Where it says nothing, no row of
 * these files has the key; what it says may be wrong for one key in a thousand, and is looked up in the file.
 */
export class KeySegment {
  readonly trailer: SegmentTrailer
  readonly #layout: SegmentLayout
  readonly #reader: EntryReader
  readonly #directory: Uint32Array
  /** The file and the place in it of each row group. */
  readonly #groups: readonly (readonly [file: number, group: number])[]

  private constructor(trailer: SegmentTrailer, layout: SegmentLayout, directory: Uint32Array) {
    this.trailer = trailer
    this.#layout = layout
    this.#reader = new EntryReader(layout)
    this.#directory = directory
    this.#groups = trailer.files.flatMap(({ outline }, file) =>
      outline.groups.map((_, group): [number, number] => [file, group]),
    )
  }

  get files(): readonly IndexedFile[] {
    return this.trailer.files
  }

  /** Reads a segment's file once, whole. @returns undefined when it is damaged */
  static async open(localPath: string, size: number): Promise<KeySegment | undefined> {
    await using handle = await open(localPath)
    const tail = decodeTail(await readAt(handle, Math.max(0, size - fixedTailBytes), Math.min(size, fixedTailBytes)))
    if (tail === undefined) return undefined
    const end = size - fixedTailBytes
    let digest = 0
    for (let at = 0; at < end; at += pieceBytes)
      digest = crc32(await readAt(handle, at, Math.min(pieceBytes, end - at)), digest)
    if (digest !== tail.digest || tail.trailerBytes > end) return undefined
    const trailer = decodeTrailer(await readAt(handle, end - tail.trailerBytes, tail.trailerBytes))
    if (trailer === undefined) return undefined
    const groups = trailer.files.reduce((sum, { outline }) => sum + outline.groups.length, 0)
    const layout = segmentLayout(trailer.entries, groups)
    const directoryBytes = 4 * (2 ** layout.bucketBits + 1)
    const begin = end - tail.trailerBytes - directoryBytes
    if (begin !== entriesBytes(layout)) return undefined
    const bytes = await readAt(handle, begin, directoryBytes)
    const directory = new Uint32Array(2 ** layout.bucketBits + 1)
    new Uint8Array(directory.buffer).set(bytes)
    return new KeySegment(trailer, layout, directory)
  }

  /**
   * Where the keys of these hashes may be.
   *
   * @param localPath the segment's file
   * @param hashes ascending
   * @returns by place among {@link files}
   */
  async find(localPath: string, hashes: Float64Array): Promise<ReadonlyMap<number, GroupHashes>> {
    const found = new Map<number, Map<number, number[]>>()
    const bucketSpan = 2 ** (hashBits - this.#layout.bucketBits)
    await using handle = await open(localPath)
    for (let next = 0; next < hashes.length;) {
      // The stretch of buckets that are read together.
      const first = next
      const from = this.#byteOf(Math.floor((hashes[first] as number) / bucketSpan))
      let end = from
      for (; next < hashes.length; next++) {
        const bucket = Math.floor((hashes[next] as number) / bucketSpan)
        const [start, past] = [this.#byteOf(bucket), this.#byteOf(bucket + 1) + 6]
        if (next > first && (start > end + widestGap || past > from + pieceBytes)) break
        end = Math.max(end, past)
      }
      const bytes = await readAt(handle, from, end - from)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let i = first; i < next; i++) this.#collect(view, from, hashes[i] as number, bucketSpan, found)
    }
    return found
  }

  /** All entries, ascending: pairs of hash and row group's number, in pieces. */
  async *entries(localPath: string): AsyncGenerator<{ readonly hashes: Float64Array; readonly groups: Int32Array }> {
    const { bucketBits } = this.#layout
    const { unit } = this.#reader
    const bucketSpan = 2 ** (hashBits - bucketBits)
    const buckets = 2 ** bucketBits
    await using handle = await open(localPath)
    for (let first = 0; first < buckets;) {
      const from = this.#byteOf(first)
      let last = first + 1
      while (last < buckets && this.#byteOf(last + 1) - from <= pieceBytes / 4) last++
      const [place, end] = [this.#directory[first] as number, this.#directory[last] as number]
      const bytes = await readAt(handle, from, this.#byteOf(last) + 6 - from)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const hashes = new Float64Array(end - place)
      const groups = new Int32Array(end - place)
      let bucket = first
      for (let i = place; i < end; i++) {
        while (i >= (this.#directory[bucket + 1] as number)) bucket++
        const entry = this.#reader.at(view, from, i)
        const rest = Math.floor(entry / unit)
        hashes[i - place] = bucket * bucketSpan + rest
        groups[i - place] = entry - rest * unit
      }
      if (hashes.length > 0) yield { hashes, groups }
      first = last
    }
  }

  /** Where the entries of a bucket begin. */
  #byteOf(bucket: number): number {
    return Math.floor(((this.#directory[bucket] as number) * this.#layout.entryBits) / 8)
  }

  #collect(view: DataView, from: number, hash: number, bucketSpan: number, found: Map<number, Map<number, number[]>>) {
    const bucket = Math.floor(hash / bucketSpan)
    const { unit } = this.#reader
    const least = (hash - bucket * bucketSpan) * unit
    const end = this.#directory[bucket + 1] as number
    let low = this.#directory[bucket] as number
    let high = end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#reader.at(view, from, middle) < least) low = middle + 1
      else high = middle
    }
    for (; low < end; low++) {
      const entry = this.#reader.at(view, from, low)
      if (entry >= least + unit) return
      const [file, group] = this.#groups[entry - least] ?? [-1, -1]
      let groups = found.get(file)
      if (groups === undefined) found.set(file, (groups = new Map<number, number[]>()))
      const known = groups.get(group)
      if (known === undefined) groups.set(group, [hash])
      else if (known.at(-1) !== hash) known.push(hash)
    }
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) return buffer.subarray(0, filled)
    filled += bytesRead
  }
  return buffer
}
