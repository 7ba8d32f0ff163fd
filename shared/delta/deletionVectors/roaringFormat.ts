import { DeltaError, type LogPlace } from '../deltaError.js'
import { bitmapBytes, cardinalityOf, containerSize, longestArray, type RoaringContainer } from './roaringContainer.js'

/**
 * The bytes of a Roaring bitmap (PROTOCOL.md, "Deletion Vector Format"): one 32-bit bitmap for each value of a position's
 * upper half.
 */

/** First bytes of a bitmap in the 64-bit form that all Roaring implementations share. */
export const portableMagic = 1_681_511_377
/** First bytes of Delta's early native form. */
const nativeMagic = 1_681_511_376

const noRuns = 12_346
const withRuns = 12_347
/** Up to so many containers, one of them of runs, there are no offsets. */
const offsetsFrom = 4
/** Blocks of one 32-bit bitmap. */
const blocksPerKey = 65_536

/** A container and the block of positions that it holds: position / 65,536, rounded down. */
export type RoaringBlock = readonly [block: number, container: RoaringContainer]

/**
 * The portable form, magic number first.
 * @param blocks ascending
 */
export function encodeBlocks(blocks: readonly RoaringBlock[]): Uint8Array {
  const keys = Map.groupBy(blocks, ([block]) => Math.floor(block / blocksPerKey))
  const head = Buffer.alloc(12)
  head.writeInt32LE(portableMagic, 0)
  head.writeBigInt64LE(BigInt(keys.size), 4)
  const parts: Buffer[] = [head]
  for (const [key, ofKey] of keys) {
    const keyBytes = Buffer.alloc(4)
    keyBytes.writeUInt32LE(key)
    parts.push(keyBytes, ...encode32(ofKey.map(([block, container]) => [block % blocksPerKey, container])))
  }
  return Buffer.concat(parts)
}

/** @throws DeltaError DELTA_BAD_DELETION_VECTOR */
export function decodeBlocks(bytes: Uint8Array, where?: LogPlace): ReadonlyMap<number, RoaringContainer> {
  const reader = new Bytes(bytes, where)
  const blocks = new Map<number, RoaringContainer>()
  const magic = reader.int32()
  if (magic !== portableMagic && magic !== nativeMagic)
    throw reader.error(`begins with ${magic}, which is no bitmap's beginning`)
  const count = magic === portableMagic ? reader.count64() : reader.int32()
  let previous = -1
  for (let i = 0; i < count; i++) {
    // The old form has the length of each bitmap where the portable one has its key.
    const word = reader.uint32()
    const key = magic === portableMagic ? word : i
    if (key <= previous || key >= 2 ** 21) throw reader.error(`has keys out of order or beyond any file (${key})`)
    previous = key
    for (const [block, container] of decode32(reader)) blocks.set(key * blocksPerKey + block, container)
  }
  return blocks
}

function encode32(containers: readonly RoaringBlock[]): Buffer[] {
  const runs = containers.some(([, { kind }]) => kind === 'runs')
  const head = runs ? Buffer.alloc(4 + Math.ceil(containers.length / 8)) : Buffer.alloc(8)
  if (runs) {
    head.writeUInt32LE((((containers.length - 1) << 16) | withRuns) >>> 0)
    for (const [i, [, { kind }]] of containers.entries()) {
      if (kind === 'runs') head.writeUInt8(head.readUInt8(4 + (i >> 3)) | (1 << (i & 7)), 4 + (i >> 3))
    }
  } else {
    head.writeUInt32LE(noRuns)
    head.writeUInt32LE(containers.length, 4)
  }
  const keys = Buffer.alloc(containers.length * 4)
  const bodies = containers.map(([, container]) => containerBytes(container))
  for (const [i, [block, container]] of containers.entries()) {
    keys.writeUInt16LE(block, i * 4)
    keys.writeUInt16LE(cardinalityOf(container) - 1, i * 4 + 2)
  }
  if (runs && containers.length < offsetsFrom) return [head, keys, ...bodies]
  const offsets = Buffer.alloc(containers.length * 4)
  let at = head.length + keys.length + offsets.length
  for (const [i, body] of bodies.entries()) {
    offsets.writeUInt32LE(at, i * 4)
    at += body.length
  }
  return [head, keys, offsets, ...bodies]
}

function containerBytes(container: RoaringContainer): Buffer {
  if (container.kind === 'bitmap') return Buffer.from(container.bits)
  const numbers = container.kind === 'array' ? container.values : container.pairs
  const head = container.kind === 'runs' ? 2 : 0
  const bytes = Buffer.alloc(head + numbers.length * 2)
  if (head > 0) bytes.writeUInt16LE(numbers.length / 2)
  for (let i = 0; i < numbers.length; i++) bytes.writeUInt16LE(numbers[i] ?? 0, head + i * 2)
  return bytes
}

function decode32(reader: Bytes): RoaringBlock[] {
  const cookie = reader.uint32()
  const runs = (cookie & 0xffff) === withRuns
  if (!runs && cookie !== noRuns) throw reader.error(`has a bitmap that begins with ${cookie}`)
  const count = runs ? (cookie >>> 16) + 1 : reader.uint32()
  if (count > blocksPerKey) throw reader.error(`claims ${count} containers in one bitmap`)
  const runFlags = runs ? reader.bytes(Math.ceil(count / 8)) : undefined
  const keys = reader.numbers(count * 2)
  if (!runs || count >= offsetsFrom) reader.bytes(count * 4)
  const containers: RoaringBlock[] = []
  let previous = -1
  for (let i = 0; i < count; i++) {
    const block = keys[i * 2] ?? 0
    if (block <= previous) throw reader.error('has containers out of order')
    previous = block
    const isRun = (((runFlags?.[i >> 3] ?? 0) >> (i & 7)) & 1) === 1
    containers.push([block, isRun ? readRuns(reader) : readPlain(reader, (keys[i * 2 + 1] ?? 0) + 1)])
  }
  return containers
}

function readRuns(reader: Bytes): RoaringContainer {
  const pairs = reader.numbers((reader.numbers(1)[0] ?? 0) * 2)
  let end = -1
  for (let i = 0; i < pairs.length; i += 2) {
    const start = pairs[i] ?? 0
    if (start <= end) throw reader.error('has runs out of order')
    end = start + (pairs[i + 1] ?? 0)
    if (end >= containerSize) throw reader.error('has a run past its container')
  }
  return { kind: 'runs', pairs }
}

function readPlain(reader: Bytes, cardinality: number): RoaringContainer {
  if (cardinality > longestArray) {
    const bits = reader.bytes(bitmapBytes).slice()
    let found = 0
    for (let byte of bits) for (; byte !== 0; byte &= byte - 1) found++
    if (found !== cardinality) throw reader.error(`has a container of ${found} positions that claims ${cardinality}`)
    return { kind: 'bitmap', bits, cardinality }
  }
  const values = reader.numbers(cardinality)
  for (let i = 1; i < values.length; i++) {
    if ((values[i] ?? 0) <= (values[i - 1] ?? 0)) throw reader.error('has positions out of order')
  }
  return { kind: 'array', values }
}

/** Little-endian reading that ends in an error, never past the end. */
class Bytes {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #where: LogPlace | undefined
  #at = 0

  constructor(bytes: Uint8Array, where: LogPlace | undefined) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#where = where
  }

  error(what: string): DeltaError {
    return new DeltaError('DELTA_BAD_DELETION_VECTOR', `a deletion vector ${what}`, { where: this.#where })
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  count64(): number {
    const count = this.#view.getBigInt64(this.#take(8), true)
    if (count < 0n || count > 2n ** 21n) throw this.error(`claims ${count} bitmaps`)
    return Number(count)
  }

  numbers(count: number): Uint16Array {
    const at = this.#take(count * 2)
    const numbers = new Uint16Array(count)
    for (let i = 0; i < count; i++) numbers[i] = this.#view.getUint16(at + i * 2, true)
    return numbers
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length)
      throw this.error(`ends after ${this.#bytes.length} bytes, in the middle of a bitmap`)
    this.#at += count
    return at
  }
}
