/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import { SourceError } from '../sourceError.js'
import { copyMatch, matchLength } from './matching.js'

// The container Java's SnappyOutputStream writes: this header, two versions, then length-prefixed blocks.
const xerialHeader = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const xerialBlocks = 16

/**
 * Snappy as Java clients frame it, or one raw block as others write it; undefined when it comes to more than `limit`
 * bytes. Pure; no I/O.
 * @throws SourceError `SOURCE_CORRUPT`
 */
export function snappyDecompress(input: Buffer, limit = Infinity): Buffer | undefined {
  const pieces: Buffer[] = []
  let size = 0
  for (const block of blocksOf(input)) {
    size += sizeOf(block).size
    if (size > limit) return undefined
    pieces.push(decompressBlock(block))
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}

/** The same in pieces, for what is too large to be held in one. */
export function* snappyPieces(input: Buffer): Generator<Buffer> {
  for (const block of blocksOf(input)) yield decompressBlock(block)
}

function* blocksOf(input: Buffer): Generator<Buffer> {
  if (!hasHeader(input, 0)) {
    yield input
    return
  }
  for (let at = 0; at < input.length;) {
    // Streams written one after the other each begin with a header.
    if (hasHeader(input, at)) {
      at += xerialBlocks
      continue
    }
    if (at + 4 > input.length) throw corrupt('a block length is cut off at', at)
    const size = input.readInt32BE(at)
    at += 4
    if (size < 0 || at + size > input.length) throw corrupt('a block ends early at', at)
    yield input.subarray(at, at + size)
    at += size
  }
}

const hasHeader = (input: Buffer, at: number): boolean =>
  at + xerialBlocks <= input.length && xerialHeader.compare(input, at, at + xerialHeader.length) === 0

/** What a block says that it comes to, and where its elements begin. */
function sizeOf(input: Buffer): { readonly size: number; readonly at: number } {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= input.length || shift > 28) throw corrupt('no length at', at)
    const byte = input[at++]!
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  // A copy of three bytes makes at most 64: anything longer is damage, not a reason to reserve gigabytes.
  if (size > input.length * 64) throw corrupt('an impossible length at', at)
  return { size, at }
}

function decompressBlock(input: Buffer): Buffer {
  const { size, at: first } = sizeOf(input)
  let at = first
  const output = Buffer.allocUnsafe(size)
  let to = 0
  while (at < input.length) {
    const tag = input[at++]!
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1
      if (length > 60) {
        const bytes = length - 60
        if (at + bytes > input.length) throw corrupt('a literal is cut off at', at)
        length = input.readUIntLE(at, bytes) + 1
        at += bytes
      }
      if (at + length > input.length || to + length > size) throw corrupt('a literal overruns at', at)
      if (length > 16) {
        output.set(input.subarray(at, at + length), to)
        at += length
        to += length
      } else {
        for (const stop = at + length; at < stop;) output[to++] = input[at++]!
      }
      continue
    }
    let length: number
    let distance: number
    if ((tag & 3) === 1) {
      length = ((tag >> 2) & 7) + 4
      distance = ((tag >> 5) << 8) | (input[at] ?? 0)
      at += 1
    } else {
      length = (tag >> 2) + 1
      const bytes = (tag & 3) === 2 ? 2 : 4
      if (at + bytes > input.length) throw corrupt('a copy is cut off at', at)
      distance = input.readUIntLE(at, bytes)
      at += bytes
    }
    if (distance === 0 || distance > to || to + length > size) throw corrupt('a copy overruns at', at)
    copyMatch(output, to, distance, length)
    to += length
  }
  if (to !== size) throw corrupt('it ends early at', at)
  return output
}

const blockSize = 1 << 15
const hashBits = 13

/** Framed as Java's client does it (32 KiB blocks): every Kafka client reads that. Pure; no I/O. */
export function snappyCompress(input: Uint8Array): Buffer {
  const blocks = Math.ceil(input.length / blockSize)
  const output = Buffer.allocUnsafe(xerialBlocks + blocks * (4 + 32 + blockSize + Math.ceil(blockSize / 6)))
  xerialHeader.copy(output)
  output.writeInt32BE(1, 8)
  output.writeInt32BE(1, 12)
  let to = xerialBlocks
  const table = new Int32Array(1 << hashBits)
  for (let start = 0; start < input.length; start += blockSize) {
    const end = Math.min(start + blockSize, input.length)
    const stop = compressBlock(input, start, end, output, to + 4, table)
    output.writeInt32BE(stop - to - 4, to)
    to = stop
  }
  return output.subarray(0, to)
}

function compressBlock(
  input: Uint8Array,
  start: number,
  end: number,
  output: Buffer,
  from: number,
  table: Int32Array,
): number {
  let to = from
  let size = end - start
  for (; size >= 0x80; size >>>= 7) output[to++] = (size & 0x7f) | 0x80
  output[to++] = size
  let literal = start
  let at = start
  table.fill(-1)
  while (at < end - 4) {
    const word = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits)
    const candidate = table[slot]!
    table[slot] = at
    let length = candidate < 0 ? 0 : matchLength(input, candidate, at, end)
    if (length < 4) {
      at += 1 + ((at - literal) >> 5)
      continue
    }
    to = writeLiteral(input, literal, at, output, to)
    const distance = at - candidate
    at += length
    literal = at
    for (; length > 0; length -= Math.min(length, 64)) {
      output[to++] = ((Math.min(length, 64) - 1) << 2) | 2
      output[to++] = distance & 0xff
      output[to++] = distance >> 8
    }
  }
  return writeLiteral(input, literal, end, output, to)
}

function writeLiteral(input: Uint8Array, literal: number, end: number, output: Buffer, at: number): number {
  const length = end - literal
  if (length === 0) return at
  if (length <= 60) output[at++] = (length - 1) << 2
  else {
    output[at++] = 61 << 2
    output[at++] = (length - 1) & 0xff
    output[at++] = (length - 1) >> 8
  }
  output.set(input.subarray(literal, end), at)
  return at + length
}

const corrupt = (what: string, at: number): SourceError =>
  new SourceError('SOURCE_CORRUPT', `Snappy data is damaged: ${what} byte ${at}.`)
