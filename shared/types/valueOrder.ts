import type { Value } from './dataType.js'

/**
 * The order of values that statistics and skipping mean.
 */

/** Order of two well-formed strings by code points, which is the order of their UTF-8 bytes; not JavaScript's `<`. */
export function compareStrings(a: string, b: string): number {
  const length = a.length < b.length ? a.length : b.length
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : surrogatesLast(x) - surrogatesLast(y)
  }
  return a.length - b.length
}

/** A UTF-16 unit of 0xD800 and above, moved so that surrogates come after all others. */
export function surrogatesLast(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Order of two numbers with NaN above all others and -0 equal to 0, as SQL has it. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** Order of two values of one column; undefined for what has no order here. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  return undefined
}

/**
 * How many of `length` items, in their order, come before a place: for all of them `isBefore` is true, and for none behind
 * it. A binary search.
 *
 * ```ts
 * partitionPoint(3, i => [10, 20, 30][i]! < 20) // 1
 * ```
 */
export function partitionPoint(length: number, isBefore: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
