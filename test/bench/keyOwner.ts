/** One event in so many has the key of one before it. */
const duplicateEvery = 100

/** Of the first `rows` events, those with a key of their own. */
export function distinctKeys(rows: number): number {
  return rows - Math.floor(Math.max(0, rows - 1) / duplicateEvery)
}

/** Whose key an event has: its own, or that of one from all over those before. */
export function keyOwner(id: number): number {
  if (id === 0 || id % duplicateEvery !== 0) return id
  const before = Math.floor((((id * 7_919) % 10_007) / 10_007) * id)
  // A duplicate's own key comes up nowhere.
  return before > 0 && before % duplicateEvery === 0 ? before + 1 : before
}
