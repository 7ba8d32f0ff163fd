/**
 * Random numbers in [0, 1) that a seed brings back on every machine: xoshiro128**, its state filled from the seed by
 * splitmix32.
 *
 * @param seed a whole number; its lower 32 bits count
 */
export function seededRandom(seed: number): () => number {
  let filler = seed | 0
  const fill = () => {
    filler = (filler + 0x9e3779b9) | 0
    let t = filler ^ (filler >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return t ^ (t >>> 15)
  }
  let [a, b, c, d] = [fill(), fill(), fill(), fill()]
  return () => {
    const five = Math.imul(b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result / 4_294_967_296
  }
}
