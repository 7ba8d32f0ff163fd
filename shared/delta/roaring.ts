import { DeltaError, type LogPlace } from './deltaError.js'
import {
  bitmapBytes, cardinalityOf, containerSize, longestArray, markValues, smallestContainer, valuesOf, type RoaringContainer,
} from './roaringContainer.js'

/** First bytes of a bitmap in the 64-bit form that all Roaring implementations share. */
export const portableMagic = 1_681_511_377
/** First bytes of the form of Delta's first days. */
const nativeMagic = 1_681_511_376

const noRuns = 12_346
const withRuns = 12_347
/** Up to so many containers, one of them of runs, there are no offsets. */
const offsetsFrom = 4
/** Blocks of one 32-bit bitmap. */
const blocksPerKey = 65_536

/**
 * A set of row positions (PROTOCOL.md, "Deletion Vector Format"): Roaring containers by the block of 65,536 positions
 * they stand for. Pure; no I/O.
 */
export class RoaringBitmap {
  readonly #blocks: ReadonlyMap<number, RoaringContainer>
  readonly cardinality: number

  /** @internal Use `of` or `decode`. */
  constructor(blocks: ReadonlyMap<number, RoaringContainer>) {
    this.#blocks = blocks
    let cardinality = 0
    for (const container of blocks.values()) cardinality += cardinalityOf(container)
    this.cardinality = cardinality
  }

  /** The set of `positions`, in any order, and of those of `base`. */
  static of(positions: Iterable<number>, base?: RoaringBitmap): RoaringBitmap {
    const marked = new Map<number, Uint8Array>()
    for (const position of positions) {
      if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`${position} is no row position`)
      const block = Math.floor(position / containerSize)
      let marks = marked.get(block)
      if (marks === undefined) {
        marks = new Uint8Array(containerSize)
        const known = base === undefined ? undefined : base.#blocks.get(block)
        if (known !== undefined) markValues(known, marks, 0)
        marked.set(block, marks)
      }
      marks[position % containerSize] = 1
    }
    const blocks = new Map(base === undefined ? [] : base.#blocks)
    for (const [block, marks] of marked) {
      const values: number[] = []
      for (let i = 0; i < containerSize; i++) if (marks[i] === 1) values.push(i)
      blocks.set(block, smallestContainer(Uint16Array.from(values)))
    }
    return new RoaringBitmap(blocks)
  }

  /** A one for every position of the set among the `count` from `start` on; undefined when there is none. */
  marks(start: number, count: number): Uint8Array | undefined {
    let marks: Uint8Array | undefined
    for (let block = Math.floor(start / containerSize); block * containerSize < start + count; block++) {
      const container = this.#blocks.get(block)
      if (container === undefined) continue
      marks ??= new Uint8Array(count)
      const from = block * containerSize - start
      const part = marks.subarray(Math.max(0, from), Math.min(count, from + containerSize))
      markValues(container, part, Math.max(0, -from))
    }
    return marks?.includes(1) === true ? marks : undefined
  }

  /** One past the greatest position; 0 for the empty set. */
  get end(): number {
    const last = this.#sortedBlocks().at(-1)
    return last === undefined ? 0 : last[0] * containerSize + (valuesOf(last[1]).at(-1) ?? 0) + 1
  }

  /** Ascending. */
  *positions(): Generator<number, void> {
    for (const [block, container] of this.#sortedBlocks()) {
      for (const value of valuesOf(container)) yield block * containerSize + value
    }
  }

  /** The portable form, magic number first. */
  encode(): Uint8Array {
    const keys = Map.groupBy(this.#sortedBlocks(), ([block]) => Math.floor(block / blocksPerKey))
    const parts: Buffer[] = [Buffer.alloc(12)]
    parts[0]?.writeInt32LE(portableMagic, 0)
    parts[0]?.writeBigInt64LE(BigInt(keys.size), 4)
    for (const [key, blocks] of keys) {
      const head = Buffer.alloc(4)
      head.writeUInt32LE(key)
      parts.push(head, ...encode32(blocks.map(([block, container]) => [block % blocksPerKey, container])))
    }
    return Buffer.concat(parts)
  }

  /** @throws DeltaError DELTA_BAD_DELETION_VECTOR */
  static decode(bytes: Uint8Array, where?: LogPlace): RoaringBitmap {
    const reader = new Bytes(bytes, where)
    const blocks = new Map<number, RoaringContainer>()
    const magic = reader.int32()
    if (magic !== portableMagic && magic !== nativeMagic) throw reader.error(`begins with ${magic}, which is no bitmap's beginning`)
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
    return new RoaringBitmap(blocks)
  }

  #sortedBlocks(): (readonly [number, RoaringContainer])[] {
    return [...this.#blocks].sort(([a], [b]) => a - b)
  }
}

function encode32(containers: readonly (readonly [number, RoaringContainer])[]): Buffer[] {
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

function decode32(reader: Bytes): (readonly [number, RoaringContainer])[] {
  const cookie = reader.uint32()
  const runs = (cookie & 0xffff) === withRuns
  if (!runs && cookie !== noRuns) throw reader.error(`has a bitmap that begins with ${cookie}`)
  const count = runs ? (cookie >>> 16) + 1 : reader.uint32()
  if (count > blocksPerKey) throw reader.error(`claims ${count} containers in one bitmap`)
  const runFlags = runs ? reader.bytes(Math.ceil(count / 8)) : undefined
  const keys = reader.numbers(count * 2)
  if (!runs || count >= offsetsFrom) reader.bytes(count * 4)
  const containers: (readonly [number, RoaringContainer])[] = []
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
    if (at + count > this.#bytes.length) throw this.error(`ends after ${this.#bytes.length} bytes, in the middle of a bitmap`)
    this.#at += count
    return at
  }
}
