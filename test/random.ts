/** The seed of everything that is drawn in this run: TEST_SEED, which vitest.config.ts draws when it is not given. */
export const testSeed = seedOf(process.env['TEST_SEED'])

/** Belongs into the message of every failure with random data: with it, the data comes again. */
export const seedNote = `TEST_SEED=${testSeed}`

/** A small generator (mulberry32): the same seed gives the same data. */
export class Random {
  #state: number

  constructor(seed = testSeed) {
    this.#state = seed | 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** An integer in [0, end). */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  /** A signed 64-bit integer; every magnitude is as likely. */
  long(): bigint {
    const bits = this.below(65)
    let value = 0n
    for (let i = 0; i < 4; i++) value = (value << 16n) | BigInt(this.below(65536))
    return BigInt.asIntN(64, this.below(2) === 0 ? BigInt.asUintN(bits, value) : -BigInt.asUintN(bits, value))
  }

  /** Well-formed text of up to `length` code points, rich in what is hard: escapes, surrogate pairs, U+FFFF. */
  text(length: number): string {
    let text = ''
    for (let left = this.below(length + 1); left > 0; left--)
      text += this.pick([
        () => String.fromCodePoint(32 + this.below(95)),
        () => this.pick(['"', '\\', '\n', '\u0000', '\u007f', '%', '+', ' ', '/', "'"]),
        () => this.pick(['é', 'ß', '中', '\u2028', '\ud7ff', '\ue000', '\uffff', '\ufffd']),
        () => String.fromCodePoint(0x10000 + this.below(0x100000)),
        () => this.pick(['\u{10000}', '\u{10ffff}', '😀']),
      ])()
    return text
  }
}

function seedOf(given: string | undefined): number {
  const seed = Number(given)
  if (given === undefined || given === '' || !Number.isSafeInteger(seed))
    throw new Error(`TEST_SEED must be a whole number, not ${given ?? 'missing'}`)
  return seed
}
