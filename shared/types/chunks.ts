/** Splits a list, in its order, into chunks of at most `max` by weight, and at least one item. */
export function chunks<T>(items: readonly T[], weight: (item: T) => number, max: number): T[][] {
  const parts: T[][] = []
  let sum = Infinity
  for (const item of items) {
    const w = weight(item)
    if (sum + w > max) {
      parts.push([])
      sum = 0
    }
    parts.at(-1)?.push(item)
    sum += w
  }
  return parts
}
