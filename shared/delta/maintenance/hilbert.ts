/**
 * The place of a cell on the Hilbert curve through a grid of 2^bits cells along each axis: cells that are near on the
 * curve are near in space (Skilling, "Programming the Hilbert curve", 2004).
 *
 * @param cell one coordinate an axis, each from 0 to 2^bits − 1; bits × axes is at most 30
 */
export function hilbertIndex(cell: readonly number[], bits: number): number {
  const x = [...cell]
  const n = x.length
  const at = (i: number) => x[i] ?? 0
  for (let q = 1 << (bits - 1); q > 1; q >>= 1) {
    const p = q - 1
    for (let i = 0; i < n; i++) {
      if ((at(i) & q) !== 0) {
        x[0] = at(0) ^ p
      } else {
        const t = (at(0) ^ at(i)) & p
        x[0] = at(0) ^ t
        x[i] = at(i) ^ t
      }
    }
  }
  for (let i = 1; i < n; i++) x[i] = at(i) ^ at(i - 1)
  let t = 0
  for (let q = 1 << (bits - 1); q > 1; q >>= 1) if ((at(n - 1) & q) !== 0) t ^= q - 1
  let index = 0
  for (let bit = bits - 1; bit >= 0; bit--)
    for (let i = 0; i < n; i++) index = (index << 1) | (((at(i) ^ t) >> bit) & 1)
  return index
}
