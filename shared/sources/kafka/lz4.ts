/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import { SourceError } from '../sourceError.js'
import { copyMatch, matchLength } from './matching.js'
import { xxHash32 } from './xxHash32.js'
import { isSkippable } from './zstdFrames.js'

// The LZ4 frame format (version 1): what Kafka writes since message format 2.
const frameMagic = 0x184d2204
const blockSizes = [0, 0, 0, 0, 1 << 16, 1 << 18, 1 << 20, 1 << 22]
const storedBlock = 0x80000000

interface Lz4Block {
  readonly start: number
  readonly end: number
  readonly isStored: boolean
  /** The most it can come to. */
  readonly maxSize: number
}

/** The blocks of all frames, skippable frames passed over. Checksums inside are, too: the record batch has its own. */
function* blocksOf(input: Buffer): Generator<Lz4Block> {
  let at = 0
  while (at < input.length) {
    if (at + 7 > input.length) throw corrupt('the data ends inside a frame at', at)
    const magic = input.readUInt32LE(at)
    if (isSkippable(magic)) {
      at = at + 8 > input.length ? Infinity : at + 8 + input.readUInt32LE(at + 4)
      if (at > input.length) throw corrupt('a skippable frame ends early at', input.length)
      continue
    }
    if (magic !== frameMagic) throw corrupt('no frame at', at)
    const flags = input[at + 4]!
    const maxSize = blockSizes[(input[at + 5]! >> 4) & 7]!
    if (flags >> 6 !== 1 || maxSize === 0) throw corrupt('an unknown frame header at', at)
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
    const blockChecksum = flags & 0x10 ? 4 : 0
    for (;;) {
      if (at + 4 > input.length) throw corrupt('the frame ends early at', at)
      const header = input.readUInt32LE(at)
      at += 4
      if (header === 0) break
      const end = at + (header % storedBlock)
      if (end > input.length) throw corrupt('a block ends early at', at)
      yield {
        start: at,
        end,
        isStored: header >= storedBlock,
        maxSize: Math.max(maxSize, header >= storedBlock ? end - at : 0),
      }
      at = end + blockChecksum
    }
    if (flags & 0x04) at += 4
    if (at > input.length) throw corrupt('the frame ends early at', input.length)
  }
}

/**
 * Where batches are decompressed before it is known what they come to: what is kept of them has no more room than it
 * needs, which would otherwise be most of a worker's memory. Nothing waits between its first byte and the copy.
 */
let room = Buffer.allocUnsafeSlow(1 << 18)

/** Room for a larger batch is not kept for the process's life. */
const mostRoom = 4 << 20

/**
 * All frames of `input`, decompressed; undefined when they come to more than `limit` bytes.
 * @throws SourceError SOURCE_CORRUPT for damaged bytes
 */
export function lz4Decompress(input: Buffer, limit = Infinity): Buffer | undefined {
  let output = room
  let written = 0
  for (const block of blocksOf(input)) {
    if (written + block.maxSize > output.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(output.length * 2, written + block.maxSize))
      output.copy(larger, 0, 0, written)
      output = larger
    }
    written = readBlock(input, block, output, written)
    if (written > limit) return undefined
  }
  if (output.length <= mostRoom) room = output
  const result = Buffer.allocUnsafeSlow(written)
  output.copy(result, 0, 0, written)
  return result
}

/** The same in pieces, for what is too large to be held in one. */
export function* lz4Pieces(input: Buffer): Generator<Buffer> {
  let history = Buffer.alloc(0)
  for (const block of blocksOf(input)) {
    const output = Buffer.allocUnsafe(history.length + block.maxSize)
    history.copy(output)
    const end = readBlock(input, block, output, history.length)
    yield output.subarray(history.length, end)
    history = output.subarray(Math.max(0, end - farthest), end)
  }
}

// A match reaches no further back, also over the border of linked blocks.
const farthest = 1 << 16

function readBlock(input: Buffer, { start, end, isStored }: Lz4Block, output: Buffer, from: number): number {
  if (!isStored) return decompressBlock(input, start, end, output, from)
  input.copy(output, from, start, end)
  return from + end - start
}

function decompressBlock(input: Buffer, start: number, end: number, output: Buffer, from: number): number {
  let at = start
  let to = from
  while (at < end) {
    const token = input[at++]!
    let literals = token >> 4
    if (literals === 15) {
      let more: number
      do literals += more = input[at++]!
      while (more === 255 && at < end)
    }
    if (at + literals > end || to + literals > output.length) throw corrupt('literals overrun the block at', at)
    if (literals > 16) {
      output.set(input.subarray(at, at + literals), to)
      at += literals
      to += literals
    } else {
      for (const stop = at + literals; at < stop;) output[to++] = input[at++]!
    }
    if (at >= end) break
    const distance = input[at]! | (input[at + 1]! << 8)
    at += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more: number
      do length += more = input[at++]!
      while (more === 255 && at < end)
    }
    if (distance === 0 || distance > to || to + length > output.length)
      throw corrupt('a match overruns the block at', at)
    copyMatch(output, to, distance, length)
    to += length
  }
  return to
}

const writtenBlock = 1 << 16
const hashBits = 14

/** One frame of independent 64 KiB blocks, with real matching (one hash probe a position). */
export function lz4Compress(input: Uint8Array): Buffer {
  const blocks = Math.ceil(input.length / writtenBlock)
  const output = Buffer.allocUnsafe(15 + blocks * (4 + writtenBlock + Math.ceil(writtenBlock / 255) + 16))
  output.writeUInt32LE(frameMagic, 0)
  output[4] = 0x60 // version 1, blocks independent
  output[5] = 0x40 // blocks of at most 64 KiB
  output[6] = (xxHash32(output.subarray(4, 6)) >>> 8) & 0xff
  let to = 7
  const table = new Int32Array(1 << hashBits)
  for (let start = 0; start < input.length; start += writtenBlock) {
    const end = Math.min(start + writtenBlock, input.length)
    const block = input.subarray(start, end)
    const size = compressBlock(block, output, to + 4, table) - to - 4
    if (size < block.length) {
      output.writeUInt32LE(size, to)
      to += 4 + size
    } else {
      output.writeUInt32LE(storedBlock + block.length, to)
      output.set(block, to + 4)
      to += 4 + block.length
    }
  }
  output.writeUInt32LE(0, to)
  return output.subarray(0, to + 4)
}

/** @param table of `2 ** hashBits` places; @returns where in the output the block ends */
function compressBlock(block: Uint8Array, output: Buffer, from: number, table: Int32Array): number {
  // The format keeps the last five bytes literal and starts no match in the last twelve.
  const lastMatch = block.length - 12
  let to = from
  let literal = 0
  let at = 0
  table.fill(-1)
  while (at < lastMatch) {
    const word = block[at]! | (block[at + 1]! << 8) | (block[at + 2]! << 16) | (block[at + 3]! << 24)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = table[slot]!
    table[slot] = at
    const length = candidate < 0 || at - candidate > 0xffff ? 0 : matchLength(block, candidate, at, block.length - 5)
    if (length < 4) {
      at += 1 + ((at - literal) >> 6)
      continue
    }
    to = writeSequence(output, to, block.subarray(literal, at), length)
    output[to++] = (at - candidate) & 0xff
    output[to++] = (at - candidate) >> 8
    to = writeLength(output, to, length - 4)
    at += length
    literal = at
  }
  return writeSequence(output, to, block.subarray(literal), 4)
}

function writeSequence(output: Buffer, at: number, literals: Uint8Array, match: number): number {
  output[at] = (Math.min(literals.length, 15) << 4) | Math.min(match - 4, 15)
  const to = writeLength(output, at + 1, literals.length)
  output.set(literals, to)
  return to + literals.length
}

function writeLength(output: Buffer, at: number, length: number): number {
  if (length < 15) return at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) output[at++] = 255
  output[at++] = rest
  return at
}

const corrupt = (what: string, at: number): SourceError =>
  new SourceError('SOURCE_CORRUPT', `LZ4 data is damaged: ${what} byte ${at}.`)
