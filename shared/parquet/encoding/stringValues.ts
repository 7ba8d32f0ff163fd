import { isAscii } from 'node:buffer'

/** Strings that follow one another in a page. */

/** Bytes that are decoded at once: a string that is kept retains at most so many besides its own. */
const blockBytes = 64 * 1024

/**
 * Strings of a page in plain encoding, each preceded by its length in four bytes. Where they are ASCII, as most are,
 * many are decoded at once and each is a slice of the whole.
 */
export function plainStrings(page: Uint8Array, count: number): string[] {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length)
  if (count * 4 > bytes.length) throw new RangeError('a text lies past the end of its page')
  const strings = new Array<string>(count)
  const ends = new Int32Array(count)
  let at = 0
  for (let first = 0; first < count;) {
    const start = at
    let next = first
    while (next < count && at - start < blockBytes) {
      if (at + 4 > bytes.length) throw new RangeError('a text lies past the end of its page')
      at += 4 + lengthAt(bytes, at)
      if (at > bytes.length) throw new RangeError('a text lies past the end of its page')
      ends[next++] = at
    }
    decodeBlock(bytes, strings, ends, { first, next, start, gap: 4 })
    first = next
  }
  return strings
}

/** By bytes: the buffer's own way checks its argument once more. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number]
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

/** Concatenated strings whose lengths are known. */
export function joinedStrings(page: Uint8Array, lengths: Int32Array): string[] {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length)
  const count = lengths.length
  const strings = new Array<string>(count)
  const ends = new Int32Array(count)
  let at = 0
  for (let first = 0; first < count;) {
    const start = at
    let next = first
    while (next < count && at - start < blockBytes) {
      const length = lengths[next] as number
      if (length < 0 || at + length > bytes.length) throw new RangeError('a text lies past the end of its page')
      at += length
      ends[next++] = at
    }
    decodeBlock(bytes, strings, ends, { first, next, start, gap: 0 })
    first = next
  }
  return strings
}

interface Block {
  /** The strings `first` … `next`, exclusive. */
  readonly first: number
  readonly next: number
  /** Where the block begins in the page. */
  readonly start: number
  /** Bytes before each text that are not of it. */
  readonly gap: number
}

function decodeBlock(bytes: Buffer, strings: string[], ends: Int32Array, { first, next, start, gap }: Block): void {
  const end = ends[next - 1] as number
  const block = gap === 0 ? bytes.subarray(start, end) : Buffer.from(bytes.subarray(start, end))
  // Lengths are zeroed, so that their bytes do not make the block look like one that is not ASCII.
  if (gap === 4)
    for (let i = first, at = 0; i < next; at = (ends[i++] as number) - start)
      block[at] = block[at + 1] = block[at + 2] = block[at + 3] = 0
  let at = start
  if (isAscii(block)) {
    const text = block.toString('latin1')
    for (let i = first; i < next; i++) {
      strings[i] = text.slice(at + gap - start, (ends[i] as number) - start)
      at = ends[i] as number
    }
  } else {
    for (let i = first; i < next; i++) {
      strings[i] = bytes.toString('utf8', at + gap, ends[i])
      at = ends[i] as number
    }
  }
}
