import { isAscii, isUtf8 } from 'node:buffer'

import type { ColumnData, StructField } from '../../types/index.js'

/** A column's values as they are in memory or, of strings, as they are stored. */
export type StoredData = ColumnData | Utf8Column

/** A column to write or to pass on; `data` has an entry for each row, null where there is no value. */
export interface StoredColumn {
  readonly field: StructField
  readonly data: StoredData
}

/** Bytes that one column of strings may hold, so that every place in them is a 32-bit number. */
const maxBytes = 2 ** 31 - 1

/**
 * Strings as the UTF-8 that files hold, for callers that only pass them on: no object is created for each. Always
 * well-formed.
 */
export class Utf8Column {
  /**
   * @param bytes the strings, concatenated
   * @param ends where each ends; a null is empty
   * @param present 0 for each that is null; absent when none is
   */
  private constructor(
    readonly bytes: Uint8Array,
    readonly ends: Int32Array,
    readonly present: Uint8Array | undefined,
  ) {}

  /**
   * Strings that are all there; nothing when the bytes are no UTF-8 or too many.
   *
   * @throws RangeError when the lengths do not match the bytes
   */
  static of(bytes: Uint8Array, lengths: Int32Array): Utf8Column | undefined {
    if (bytes.length > maxBytes) return undefined
    const ends = new Int32Array(lengths.length)
    let at = 0
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i] as number
      if (length < 0 || at + length > bytes.length) throw new RangeError('a text lies past the end of its page')
      at += length
      ends[i] = at
    }
    const own = bytes.subarray(0, at)
    if (!isAscii(own) && !(isUtf8(own) && startCharacters(own, ends))) return undefined
    return new Utf8Column(own, ends, undefined)
  }

  /** Strings whose bytes the caller knows to be UTF-8, each by itself; in `present` a null is 0, absent when there is none. */
  static ofChecked(bytes: Uint8Array, ends: Int32Array, present?: Uint8Array): Utf8Column {
    return new Utf8Column(bytes, ends, present)
  }

  /** Strings as they are in memory; a lone surrogate becomes U+FFFD. Nothing when they are too many. */
  static ofStrings(strings: readonly (string | null)[]): Utf8Column | undefined {
    let size = 0
    for (const text of strings) if (text !== null) size += Buffer.byteLength(text)
    if (size > maxBytes) return undefined
    const bytes = Buffer.allocUnsafeSlow(size)
    const ends = new Int32Array(strings.length)
    let present: Uint8Array | undefined
    let at = 0
    for (let row = 0; row < ends.length; row++) {
      const text = strings[row]
      if (text === null || text === undefined) (present ??= new Uint8Array(ends.length).fill(1))[row] = 0
      else at += bytes.write(text, at)
      ends[row] = at
    }
    return new Utf8Column(bytes, ends, present)
  }

  /** Strings, each preceded by its length in four bytes (PLAIN). As {@link of}. */
  static ofPlain(page: Uint8Array, count: number): Utf8Column | undefined {
    if (count * 4 > page.length) throw new RangeError('a text lies past the end of its page')
    const from = Buffer.from(page.buffer, page.byteOffset, page.length)
    const bytes = Buffer.allocUnsafeSlow(page.length - count * 4)
    const lengths = new Int32Array(count)
    let [at, to] = [0, 0]
    for (let i = 0; i < count; i++) {
      if (at + 4 > from.length) throw new RangeError('a text lies past the end of its page')
      const length = from.readUInt32LE(at)
      at += 4
      if (at + length > from.length) throw new RangeError('a text lies past the end of its page')
      from.copy(bytes, to, at, at + length)
      lengths[i] = length
      at += length
      to += length
    }
    return Utf8Column.of(bytes.subarray(0, to), lengths)
  }

  /** All of the parts' strings; nothing when they are too many. */
  static joined(parts: readonly Utf8Column[]): Utf8Column | undefined {
    const [first] = parts
    if (first !== undefined && parts.length === 1) return first
    let [count, size] = [0, 0]
    for (const { ends, bytes } of parts) {
      count += ends.length
      size += bytes.length
    }
    if (size > maxBytes) return undefined
    const bytes = Buffer.allocUnsafeSlow(size)
    const ends = new Int32Array(count)
    const present = parts.every(part => part.present === undefined) ? undefined : new Uint8Array(count).fill(1)
    let [row, base] = [0, 0]
    for (const part of parts) {
      bytes.set(part.bytes, base)
      if (part.present !== undefined) present?.set(part.present, row)
      for (let i = 0; i < part.ends.length; i++) ends[row++] = base + (part.ends[i] as number)
      base += part.bytes.length
    }
    return new Utf8Column(bytes, ends, present)
  }

  get length(): number {
    return this.ends.length
  }

  /** These strings where `levels` are at `present`, nulls elsewhere. */
  spread(levels: Uint8Array, present: number): Utf8Column {
    const ends = new Int32Array(levels.length)
    const there = new Uint8Array(levels.length)
    let [next, end] = [0, 0]
    for (let i = 0; i < levels.length; i++) {
      if (levels[i] === present) {
        there[i] = 1
        end = this.ends[next++] as number
      }
      ends[i] = end
    }
    return new Utf8Column(this.bytes, ends, there)
  }

  /** The strings without the nulls. */
  withoutNulls(): Utf8Column {
    const { present, ends } = this
    if (present === undefined) return this
    const kept = new Int32Array(ends.length - this.nullCount())
    for (let row = 0, at = 0; row < ends.length; row++) if (present[row] === 1) kept[at++] = ends[row] as number
    return new Utf8Column(this.bytes, kept, undefined)
  }

  nullCount(): number {
    let nulls = 0
    if (this.present !== undefined) for (const there of this.present) nulls += 1 - there
    return nulls
  }

  slice(from: number, to = this.length): Utf8Column {
    const base = this.start(from)
    const ends = this.ends.slice(from, to)
    for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] as number) - base
    return new Utf8Column(this.bytes.subarray(base, base + (ends.at(-1) ?? 0)), ends, this.present?.slice(from, to))
  }

  /** The strings at `rows`. */
  picked(rows: ArrayLike<number>): Utf8Column {
    let size = 0
    for (let i = 0; i < rows.length; i++)
      size += (this.ends[rows[i] as number] as number) - this.start(rows[i] as number)
    const from = this.#buffer()
    const bytes = Buffer.allocUnsafeSlow(size)
    const ends = new Int32Array(rows.length)
    const present = this.present && new Uint8Array(rows.length)
    let at = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number
      at += from.copy(bytes, at, this.start(row), this.ends[row])
      ends[i] = at
      if (present !== undefined) present[i] = this.present?.[row] ?? 0
    }
    return new Utf8Column(bytes, ends, present)
  }

  /** Where the text at `row` begins in the bytes. */
  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number)
  }

  text(row: number): string | null {
    return this.present?.[row] === 0 ? null : this.#buffer().toString('utf8', this.start(row), this.ends[row])
  }

  strings(): (string | null)[] {
    return Array.from(this.ends, (_, row) => this.text(row))
  }

  /** The places of the least and the greatest text by code points, which is the order of their bytes; nothing without strings. */
  extremes(): { readonly least: number; readonly greatest: number } | undefined {
    const { present, length } = this
    let least = 0
    while (present?.[least] === 0) least++
    if (least >= length) return undefined
    let greatest = least
    // What the two begin with alike: where a text first differs from the greatest most often tells its side of both.
    let alike = Infinity
    for (let row = least + 1; row < length; row++) {
      if (present?.[row] === 0) continue
      const at = this.#alike(row, greatest, 0)
      const side = this.#byte(row, at) - this.#byte(greatest, at)
      if (side === 0) continue
      if (side > 0) greatest = row
      else if (at < alike || (at === alike && this.#isBelow(row, least, at))) least = row
      if (at < alike) alike = at
    }
    return { least, greatest }
  }

  #isBelow(a: number, b: number, from: number): boolean {
    const at = this.#alike(a, b, from)
    return this.#byte(a, at) < this.#byte(b, at)
  }

  /** With how many bytes, `from` at least, two texts begin alike. */
  #alike(a: number, b: number, from: number): number {
    const { bytes, ends } = this
    const startA = this.start(a)
    const startB = this.start(b)
    const shorter = Math.min((ends[a] as number) - startA, (ends[b] as number) - startB)
    let at = from
    while (at < shorter && bytes[startA + at] === bytes[startB + at]) at++
    return at
  }

  /** A byte of a text, -1 behind its end: a text comes before those that it begins. */
  #byte(row: number, at: number): number {
    const place = this.start(row) + at
    return place < (this.ends[row] as number) ? (this.bytes[place] as number) : -1
  }

  #buffer(): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }
}

/** The values as they are in memory. */
export function decodedData(data: StoredData): ColumnData {
  return data instanceof Utf8Column ? data.strings() : data
}

/** Whether no text begins within a character. */
function startCharacters(bytes: Uint8Array, ends: Int32Array): boolean {
  for (const end of ends) if (((bytes[end] ?? 0) & 0xc0) === 0x80) return false
  return true
}
