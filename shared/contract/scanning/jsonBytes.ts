/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes behind the end compare as nothing that is looked for */
/** The punctuation of JSON text, in bytes. */

export const [quote, backslash, comma, colon, open, close] = [34, 92, 44, 58, 123, 125]

/** Whether a name, and a quote behind it, stand at `at`. */
export function isNamed(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false
  return bytes[at + name.length] === quote
}

/** Where a word whose first letter stands at `at` ends, or -1. */
export function wordEnd(bytes: Uint8Array, at: number, word: string): number {
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1
  return at + word.length
}

/** Whether a byte begins a number's exponent. */
export const isExponent = (c: number): boolean => c === 101 || c === 69

/** Where the blanks that begin at `at` end, `to` at most. */
export function skipBlanks(bytes: Uint8Array, at: number, to = Infinity): number {
  let i = at
  for (; i < to; i++) {
    const c = bytes[i]!
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return i
  }
  return i
}
