import type { LogPlace } from '../deltaError.js'
import {
  cardinalityOf,
  containerSize,
  markValues,
  type RoaringContainer,
  smallestContainer,
  valuesOf,
} from './roaringContainer.js'
import { decodeBlocks, encodeBlocks, type RoaringBlock } from './roaringFormat.js'

/**
 * A set of row positions (PROTOCOL.md, "Deletion Vector Format"): Roaring containers by the block of 65,536 positions
 * that they hold.
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
    return encodeBlocks(this.#sortedBlocks())
  }

  /** @throws DeltaError DELTA_BAD_DELETION_VECTOR */
  static decode(bytes: Uint8Array, where?: LogPlace): RoaringBitmap {
    return new RoaringBitmap(decodeBlocks(bytes, where))
  }

  #sortedBlocks(): RoaringBlock[] {
    return [...this.#blocks].sort(([a], [b]) => a - b)
  }
}
