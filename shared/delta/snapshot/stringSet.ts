import { hash } from 'node:crypto'

const wordsPerKey = 4
const firstSlots = 1 << 10

/**
 * A set of strings that takes sixteen to forty bytes for each, outside the heap, however long they are: they are
 * identified by 128 bits of their hash. For the very many files of a table.
 */
export class StringSet {
  #slots = new Int32Array(firstSlots * wordsPerKey)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(text: string): boolean {
    return this.#find(keyOf(text)) >= 0
  }

  /** Whether it was not there before. */
  add(text: string): boolean {
    const key = keyOf(text)
    const slot = this.#find(key)
    if (slot >= 0) return false
    this.#put(~slot, key)
    if (++this.#size * wordsPerKey * 5 > this.#slots.length * 4) this.#grow()
    return true
  }

  /** The place of the key, or the complement of the free place that it would have. */
  #find([a, b, c, d]: Key): number {
    const slots = this.#slots
    const count = slots.length / wordsPerKey
    for (let i = (a >>> 0) & (count - 1); ; i = (i + 1) & (count - 1)) {
      const at = i * wordsPerKey
      if (slots[at + 3] === 0) return ~at
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return at
    }
  }

  #put(at: number, key: Key): void {
    this.#slots.set(key, at)
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += wordsPerKey) {
      if (old[at + 3] === 0) continue
      const key: Key = [old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0, old[at + 3] ?? 0]
      this.#put(~this.#find(key), key)
    }
  }
}

type Key = readonly [number, number, number, number]

function keyOf(text: string): Key {
  const digest = hash('sha1', text, 'buffer')
  // The last word marks a slot as taken, so it is never zero.
  return [digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12) | 1]
}
