/** Numbers in [0, 1) that a seed repeats (mulberry32); print the seed when a test with them fails. */
export function seeded(seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)): { seed: number; random: () => number } {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { seed, random }
}
