import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { partitionPoint } from '../../types/index.js'
import { directoryBytes, SegmentDirectory } from './segmentDirectory.js'
import { entriesBytes, EntryReader, type SegmentLayout } from './segmentLayout.js'
import {
  decodeTail,
  decodeTrailer,
  fixedTailBytes,
  type IndexedFile,
  layoutOf,
  type SegmentTrailer,
} from './segmentTrailer.js'

/** Stretches of one file, each with those of the hashes asked for that it has. */
export type StretchHashes = ReadonlyMap<number, readonly number[]>

/** Entries next to each other, each list as long as the other. */
export interface SegmentEntries {
  readonly hashes: Float64Array
  /** Numbers of stretches, counted over all files. */
  readonly stretches: Int32Array
}

const pieceBytes = 2 ** 20
/** Buckets that lie closer together are read in one go. */
const widestGap = 16 * 1024
/** Entries of a bucket from which on its hashes are not spread evenly: one of them is in it many times. */
const largeBucket = 64

/**
 * Sorted hashes of the keys of some data files, each with the stretch of rows that has it. Where it says nothing, no row of
 * these files has the key; what it says may be wrong for one key in some hundreds, and is looked up in the file.
 */
export class KeySegment {
  readonly trailer: SegmentTrailer
  readonly #layout: SegmentLayout
  readonly #reader: EntryReader
  readonly #directory: SegmentDirectory
  /** The number of each file's first stretch. */
  readonly #firsts: readonly number[]

  private constructor(trailer: SegmentTrailer, layout: SegmentLayout, directory: SegmentDirectory) {
    this.trailer = trailer
    this.#layout = layout
    this.#reader = new EntryReader(layout)
    this.#directory = directory
    let next = 0
    this.#firsts = trailer.files.map(({ stretches }) => {
      const first = next
      next += stretches.count
      return first
    })
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
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end))
    for (let at = 0; at < end; at += pieceBytes)
      digest = crc32(await readAt(handle, at, Math.min(pieceBytes, end - at), piece), digest)
    if (digest !== tail.digest || tail.trailerBytes > end) return undefined
    const trailer = decodeTrailer(await readAt(handle, end - tail.trailerBytes, tail.trailerBytes))
    if (trailer === undefined) return undefined
    const layout = layoutOf(trailer)
    const begin = end - tail.trailerBytes - directoryBytes(layout)
    if (begin !== entriesBytes(layout)) return undefined
    const directory = new SegmentDirectory(layout, await readAt(handle, begin, directoryBytes(layout)))
    return new KeySegment(trailer, layout, directory)
  }

  /**
   * Where the keys of these hashes may be.
   *
   * @param localPath the segment's file
   * @param hashes ascending
   * @returns by place among {@link files}
   */
  async find(localPath: string, hashes: Float64Array): Promise<ReadonlyMap<number, StretchHashes>> {
    const found = new Map<number, Map<number, number[]>>()
    const { starts, ends } = this.#entriesOf(hashes)
    await using handle = await open(localPath)
    const piece = Buffer.allocUnsafeSlow(pieceBytes)
    for (let next = 0; next < hashes.length;) {
      // The stretch of buckets that are read together.
      const first = next
      const from = this.#byteOf(starts[first] as number)
      let end = from
      for (; next < hashes.length; next++) {
        const [start, past] = [this.#byteOf(starts[next] as number), this.#byteOf(ends[next] as number) + 6]
        if (next > first && (start > end + widestGap || past > from + pieceBytes)) break
        end = Math.max(end, past)
      }
      const bytes = await readAt(handle, from, end - from, piece)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let i = first; i < next; i++)
        this.#collect(view, from, hashes[i] as number, [starts[i] as number, ends[i] as number], found)
    }
    return found
  }

  /** All entries, ascending: pairs of hash and stretch's number, in pieces. */
  async *entries(localPath: string): AsyncGenerator<SegmentEntries> {
    const { bucketBits, bucketSpan } = this.#layout
    const { unit } = this.#reader
    const buckets = 2 ** bucketBits
    const atOnce = Math.ceil((buckets * pieceBytes) / 4 / entriesBytes(this.#layout))
    await using handle = await open(localPath)
    for (let first = 0; first < buckets; first += atOnce) {
      const [place, end] = [first, Math.min(buckets, first + atOnce)].map(bucket => this.#directory.startOf(bucket))
      if (place === undefined || end === undefined || place === end) continue
      const from = this.#byteOf(place)
      const bytes = await readAt(handle, from, this.#byteOf(end) + 6 - from)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const hashes = new Float64Array(end - place)
      const stretches = new Int32Array(end - place)
      for (let i = place, bucket = first; i < end; bucket++) {
        for (const past = this.#directory.endOf(bucket, i); i < past; i++) {
          const entry = this.#reader.at(view, from, i)
          const rest = Math.floor(entry / unit)
          hashes[i - place] = bucket * bucketSpan + rest
          stretches[i - place] = entry - rest * unit
        }
      }
      yield { hashes, stretches }
    }
  }

  /** The byte in which an entry begins. */
  #byteOf(entry: number): number {
    return Math.floor((entry * this.#layout.entryBits) / 8)
  }

  /** The entries of each hash's bucket. */
  #entriesOf(hashes: Float64Array): { readonly starts: Uint32Array; readonly ends: Uint32Array } {
    const { bucketSpan } = this.#layout
    const [starts, ends] = [new Uint32Array(hashes.length), new Uint32Array(hashes.length)]
    for (let i = 0; i < hashes.length; i++) {
      const bucket = Math.floor((hashes[i] as number) / bucketSpan)
      const start = this.#directory.startOf(bucket)
      starts[i] = start
      ends[i] = this.#directory.endOf(bucket, start)
    }
    return { starts, ends }
  }

  #collect(
    view: DataView,
    from: number,
    hash: number,
    [start, end]: readonly [number, number],
    found: Map<number, Map<number, number[]>>,
  ) {
    const { unit } = this.#reader
    const least = (hash % this.#layout.bucketSpan) * unit
    let low = start
    if (end - start > largeBucket) low = this.#firstFrom(view, from, [start, end], least)
    else while (low < end && this.#reader.at(view, from, low) < least) low++
    for (; low < end; low++) {
      const entry = this.#reader.at(view, from, low)
      if (entry >= least + unit) return
      const file = this.#fileOf(entry - least)
      const stretch = entry - least - (this.#firsts[file] ?? 0)
      let stretches = found.get(file)
      if (stretches === undefined) found.set(file, (stretches = new Map<number, number[]>()))
      const known = stretches.get(stretch)
      if (known === undefined) stretches.set(stretch, [hash])
      else if (known.at(-1) !== hash) known.push(hash)
    }
  }

  /** The first entry of a bucket that is not less. */
  #firstFrom(view: DataView, from: number, [start, end]: readonly [number, number], least: number): number {
    return start + partitionPoint(end - start, i => this.#reader.at(view, from, start + i) < least)
  }

  /** The last file whose first stretch is not behind this one. */
  #fileOf(stretch: number): number {
    return partitionPoint(this.#firsts.length - 1, i => (this.#firsts[i + 1] as number) <= stretch)
  }
}

/** @param room for the bytes, where it is large enough */
async function readAt(handle: FileHandle, position: number, length: number, room?: Buffer): Promise<Buffer> {
  const buffer = room !== undefined && room.length >= length ? room.subarray(0, length) : Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) return buffer.subarray(0, filled)
    filled += bytesRead
  }
  return buffer
}
