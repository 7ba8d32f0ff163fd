const maxChar = '\u{10ffff}'
const maxAscii = '\u007f'

/** How much of a string a bound keeps unless a table sets it: characters of a least one, UTF-16 units of a greatest. */
export const defaultStringPrefix = 32

/** A text that no string with `min` as its least is below: its first `prefix` characters. */
export function truncateMin(min: string, prefix: number): string {
  if (min.length <= prefix) return min
  let end = 0
  for (let left = prefix; left > 0 && end < min.length; left--) end += isPair(min, end) ? 2 : 1
  return min.slice(0, end)
}

/**
 * A text that no string with `max` as its greatest is above, in the order of UTF-8 bytes: its first `prefix` units, one
 * more where that would split a surrogate pair, and a tie-breaker that is greater than what was cut. Undefined when there
 * is none of a reasonable length.
 */
export function truncateMax(max: string, prefix: number): string | undefined {
  if (max.length <= prefix) return max
  if (prefix <= 0) return undefined
  let length = isPair(max, prefix - 1) ? prefix + 1 : prefix
  while (length <= 2 * prefix) {
    if (length >= max.length) return max
    if (max.startsWith(maxChar, length)) length += 2
    else return max.slice(0, length) + (max.charAt(length) < maxAscii ? maxAscii : maxChar)
  }
  return undefined
}

function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
}
