import { randomBytes } from 'node:crypto'

const wordsPerKey = 4
const firstSlots = 1 << 10

/**
 * A set of strings that takes sixteen to forty bytes for each, outside the heap, however long they are: they are
 * identified by 128 bits of a hash whose key is drawn by each process, so that nobody can make names that look alike.
 * For the very many files of a table.
 */
export class StringSet {
  #slots = new Int32Array(firstSlots * wordsPerKey)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(text: string): boolean {
    hashText(text)
    return this.#find(key[0] as number, key[1] as number, key[2] as number, key[3] as number) >= 0
  }

  /** Whether it was not there before. */
  add(text: string): boolean {
    hashText(text)
    const slot = this.#find(key[0] as number, key[1] as number, key[2] as number, key[3] as number)
    if (slot >= 0) return false
    this.#slots.set(key, ~slot)
    if (++this.#size * wordsPerKey * 5 > this.#slots.length * 4) this.#grow()
    return true
  }

  /** The place of the key, or the complement of the free place that it would have. */
  #find(a: number, b: number, c: number, d: number): number {
    const slots = this.#slots
    const count = slots.length / wordsPerKey
    for (let i = (a >>> 0) & (count - 1); ; i = (i + 1) & (count - 1)) {
      const at = i * wordsPerKey
      if (slots[at + 3] === 0) return ~at
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return at
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += wordsPerKey) {
      if (old[at + 3] === 0) continue
      const word = (place: number) => old[at + place] as number
      this.#slots.set(old.subarray(at, at + wordsPerKey), ~this.#find(word(0), word(1), word(2), word(3)))
    }
  }
}

const secret = new Int32Array(new Uint8Array(randomBytes(8)).buffer)
const key = new Int32Array(wordsPerKey)

/** Puts the hash into `key`: all that HalfSipHash-1-3 knows in the end, of the text's units two at a time. */
function hashText(text: string): void {
  const { length } = text
  const [k0, k1] = [secret[0] as number, secret[1] as number]
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1]
  // One round more than there are words: the last word is the length; and then three to finish.
  const words = (length + 1) >>> 1
  for (let round = 0; round < words + 4; round++) {
    const at = round * 2
    let word = 0
    if (round < words) word = text.charCodeAt(at) | (at + 1 < length ? text.charCodeAt(at + 1) << 16 : 0)
    else if (round === words) word = length
    else if (round === words + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  key[0] = v0
  key[1] = v1
  key[2] = v2
  // The last word marks a slot as taken, so it is never zero.
  key[3] = v3 | 1
}
