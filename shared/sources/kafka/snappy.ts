import { compressSnappy, decompressSnappy } from '../../parquet/index.js'
import { SourceError } from '../sourceError.js'

// The container Java's SnappyOutputStream writes: this header, two versions, then length-prefixed blocks.
const xerialHeader = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const xerialBlocks = 16

/**
 * Snappy as Java clients frame it, or one raw block as others write it; undefined when it comes to more than `limit`
 * bytes.
 * @throws SourceError SOURCE_CORRUPT for damaged bytes
 */
export function snappyDecompress(input: Buffer, limit = Infinity): Buffer | undefined {
  const pieces: Buffer[] = []
  let size = 0
  for (const block of blocksOf(input)) {
    size += sizeOf(block)
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

/** Bytes that a block says it comes to. */
function sizeOf(input: Buffer): number {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= input.length || shift > 28) throw corrupt('no length at', at)
    const byte = input.readUInt8(at++)
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  // A copy of three bytes makes at most 64: anything longer is damage, not a reason to reserve gigabytes.
  if (size > input.length * 64) throw corrupt('an impossible length at', at)
  return size
}

function decompressBlock(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(sizeOf(input))
  try {
    decompressSnappy(input, output)
  } catch (cause) {
    throw new SourceError('SOURCE_CORRUPT', 'Snappy data is damaged: a block is not what its length says.', { cause })
  }
  return output
}

const blockSize = 1 << 15

/** Framed as Java's client does it (32 KiB blocks): every Kafka client reads that. */
export function snappyCompress(input: Uint8Array): Buffer {
  const header = Buffer.alloc(xerialBlocks)
  xerialHeader.copy(header)
  header.writeInt32BE(1, 8)
  header.writeInt32BE(1, 12)
  const pieces: Uint8Array[] = [header]
  for (let start = 0; start < input.length; start += blockSize) {
    const block = compressSnappy(input.subarray(start, start + blockSize))
    const size = Buffer.alloc(4)
    size.writeInt32BE(block.length)
    pieces.push(size, block)
  }
  return Buffer.concat(pieces)
}

const corrupt = (what: string, at: number): SourceError =>
  new SourceError('SOURCE_CORRUPT', `Snappy data is damaged: ${what} byte ${at}.`)
