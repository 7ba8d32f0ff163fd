/** Random numbers that a seed brings back: `next` in [0, 1), `below` whole and less than its argument. */
export interface Seeded {
  readonly seed: number
  next(): number
  below(limit: number): number
  pick<T>(items: readonly T[]): T
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    seed,
    next,
    below: (limit) => Math.floor(next() * limit),
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
  }
}

/** The tests' seed: `TEST_SEED` or one of the clock's; part of every message so that a failure can be had again. */
export const testSeed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
