/** A set of numbers from 0 to 65,535, in whichever of Roaring's three forms. */
export type RoaringContainer =
  /** Ascending. */
  | { readonly kind: 'array'; readonly values: Uint16Array }
  /** A bit for each number, the lowest first. */
  | { readonly kind: 'bitmap'; readonly bits: Uint8Array; readonly cardinality: number }
  /** Pairs of a run's first number and how many follow it, ascending. */
  | { readonly kind: 'runs'; readonly pairs: Uint16Array }

/** Numbers that one container can hold: those with the same upper bits. */
export const containerSize = 65_536
/** Bytes of a bitmap container, however few numbers it holds. */
export const bitmapBytes = containerSize / 8
/** Arrays beyond this are not allowed: a bitmap is smaller. */
export const longestArray = 4096

/** How many numbers the set holds. */
export function cardinalityOf(container: RoaringContainer): number {
  switch (container.kind) {
    case 'array':
      return container.values.length
    case 'bitmap':
      return container.cardinality
    case 'runs': {
      let count = container.pairs.length / 2
      for (let i = 1; i < container.pairs.length; i += 2) count += container.pairs[i] ?? 0
      return count
    }
  }
}

/** Sets `marks[n - first]` for every number `n` of the set between `first` and what `marks` has room for. */
export function markValues(container: RoaringContainer, marks: Uint8Array, first: number): void {
  switch (container.kind) {
    case 'array':
      // Outside the marks an assignment to a typed array is ignored; before them the index would be a property.
      for (const value of container.values) if (value >= first) marks[value - first] = 1
      return
    case 'bitmap':
      for (let i = Math.max(0, first), end = Math.min(containerSize, first + marks.length); i < end; i++) {
        if (((container.bits[i >> 3] ?? 0) >> (i & 7)) & 1) marks[i - first] = 1
      }
      return
    case 'runs':
      for (let i = 0; i < container.pairs.length; i += 2) {
        const start = (container.pairs[i] ?? 0) - first
        const end = start + (container.pairs[i + 1] ?? 0) + 1
        if (end > 0) marks.fill(1, Math.max(0, start), end)
      }
  }
}

/** Ascending. */
export function valuesOf(container: RoaringContainer): Uint16Array {
  if (container.kind === 'array') return container.values
  const marks = new Uint8Array(containerSize)
  markValues(container, marks, 0)
  const values = new Uint16Array(cardinalityOf(container))
  let at = 0
  for (let i = 0; i < containerSize; i++) if (marks[i] === 1) values[at++] = i
  return values
}

/** The form that takes the fewest bytes for these ascending numbers. */
export function smallestContainer(values: Uint16Array): RoaringContainer {
  const pairs: number[] = []
  for (let i = 0; i < values.length;) {
    const start = values[i] ?? 0
    let length = 0
    while (i + length + 1 < values.length && values[i + length + 1] === start + length + 1) length++
    pairs.push(start, length)
    i += length + 1
  }
  const plain = values.length > longestArray ? bitmapBytes : values.length * 2
  if (2 + pairs.length * 2 < plain) return { kind: 'runs', pairs: Uint16Array.from(pairs) }
  if (values.length <= longestArray) return { kind: 'array', values }
  const bits = new Uint8Array(bitmapBytes)
  for (const value of values) bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7))
  return { kind: 'bitmap', bits, cardinality: values.length }
}
