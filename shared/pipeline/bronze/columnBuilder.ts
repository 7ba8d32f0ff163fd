import { BinaryColumn, Utf8Column, type WrittenData } from '../../parquet/index.js'
import type { DataType, Value } from '../../types/index.js'

/** Gathers one column's values. */
export abstract class ColumnBuilder {
  /** Adds a value as a row has it. */
  abstract push(value: Value): void

  abstract data(): WrittenData

  /** Adds the bytes between two places: of a text they must be UTF-8. */
  pushBytes(from: Buffer, start: number, end: number): void {
    this.push(from.toString('utf8', start, end))
  }

  /** Adds a number: of a `long` a whole one that a double holds exactly. */
  pushNumber(value: number): void {
    this.push(value)
  }
}

/** Texts, or binary values, one behind the other. */
export class BytesBuilder extends ColumnBuilder {
  readonly #isText: boolean
  #bytes: Buffer
  #ends: Int32Array
  #present: Uint8Array | undefined
  #rows = 0
  #size = 0

  /** @param bytes expected of all of `rows`; more is fine */
  constructor(isText: boolean, rows: number, bytes: number) {
    super()
    this.#isText = isText
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, bytes))
    this.#ends = new Int32Array(Math.max(16, rows))
  }

  push(value: Value): void {
    if (value === null) this.pushNull()
    else if (typeof value === 'string') {
      const size = Buffer.byteLength(value)
      this.#reserve(size)
      this.#bytes.write(value, this.#size, size)
      this.#end(size)
    } else {
      const bytes = value as Uint8Array
      this.#reserve(bytes.length)
      this.#bytes.set(bytes, this.#size)
      this.#end(bytes.length)
    }
  }

  pushNull(): void {
    this.#reserve(0)
    this.#present ??= new Uint8Array(this.#ends.length).fill(1)
    this.#present[this.#rows] = 0
    this.#end(0)
  }

  override pushBytes(from: Buffer, start: number, end: number): void {
    const size = end - start
    this.#reserve(size)
    let at = this.#size
    if (size > shortBytes) from.copy(this.#bytes, at, start, end)
    else for (let i = start; i < end; i++) this.#bytes[at++] = from[i] as number
    this.#end(size)
  }

  data(): WrittenData {
    const bytes = this.#bytes.subarray(0, this.#size)
    const ends = this.#ends.subarray(0, this.#rows)
    const present = this.#present?.subarray(0, this.#rows)
    return this.#isText ? Utf8Column.ofChecked(bytes, ends, present) : new BinaryColumn(bytes, ends, present)
  }

  #reserve(size: number): void {
    if (this.#rows === this.#ends.length) {
      const ends = new Int32Array(this.#rows * 2)
      ends.set(this.#ends)
      this.#ends = ends
      if (this.#present !== undefined) {
        const present = new Uint8Array(this.#rows * 2).fill(1)
        present.set(this.#present)
        this.#present = present
      }
    }
    if (this.#size + size <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#size + size))
    this.#bytes.copy(bytes, 0, 0, this.#size)
    this.#bytes = bytes
  }

  #end(size: number): void {
    this.#size += size
    this.#ends[this.#rows++] = this.#size
  }
}

/** Up to so many bytes a loop is faster than a call. */
const shortBytes = 24

type NumberType = 'double' | 'integer' | 'long'

/** Numbers that a typed array holds; a null makes an array of values of them. */
export class NumberBuilder extends ColumnBuilder {
  readonly #type: NumberType
  #numbers: Float64Array
  #rows = 0
  /** By row, those that are null or that no double holds. */
  readonly #others = new Map<number, Value>()
  #hasNull = false

  constructor(type: NumberType, rows: number) {
    super()
    this.#type = type
    this.#numbers = new Float64Array(Math.max(16, rows))
  }

  override pushNumber(value: number): void {
    if (this.#rows === this.#numbers.length) {
      const numbers = new Float64Array(this.#rows * 2)
      numbers.set(this.#numbers)
      this.#numbers = numbers
    }
    this.#numbers[this.#rows++] = value
  }

  push(value: Value): void {
    if (typeof value === 'number') {
      this.pushNumber(value)
      return
    }
    if (typeof value === 'bigint' && isSafe(value)) {
      this.pushNumber(Number(value))
      return
    }
    this.#others.set(this.#rows, value)
    this.#hasNull ||= value === null
    this.pushNumber(0)
  }

  data(): WrittenData {
    const numbers = this.#numbers.subarray(0, this.#rows)
    if (this.#hasNull) return Array.from(numbers, (value, row) => this.#valueAt(row, value))
    if (this.#type === 'double') return numbers
    if (this.#type === 'integer') return Int32Array.from(numbers)
    const longs = longsOf(numbers)
    for (const [row, value] of this.#others) longs[row] = value as bigint
    return longs
  }

  #valueAt(row: number, value: number): Value {
    const other = this.#others.get(row)
    if (other !== undefined) return other
    return this.#type === 'long' ? BigInt(value) : this.#type === 'integer' ? value | 0 : value
  }
}

const isSafe = (value: bigint): boolean => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER

/** Whole numbers as 64-bit ones, half by half: a bigint of each would cost more than the rest. */
export function longsOf(numbers: Float64Array): BigInt64Array {
  const longs = new BigInt64Array(numbers.length)
  const halves = new Int32Array(longs.buffer)
  for (let row = 0; row < numbers.length; row++) {
    const value = numbers[row] as number
    const high = Math.floor(value / 0x1_0000_0000)
    halves[2 * row] = value - high * 0x1_0000_0000
    halves[2 * row + 1] = high
  }
  return longs
}

/** Values as they are in memory. */
export class ValueBuilder extends ColumnBuilder {
  readonly #values: Value[] = []

  push(value: Value): void {
    this.#values.push(value)
  }

  data(): WrittenData {
    return this.#values
  }
}

/** A builder for a contract's column of about so many rows. */
export function columnBuilder(type: DataType, rows: number): ColumnBuilder {
  if (type === 'string' || type === 'binary') return new BytesBuilder(type === 'string', rows, rows * 16)
  if (type === 'double' || type === 'integer' || type === 'long') return new NumberBuilder(type, rows)
  if (type === 'timestamp' || type === 'timestamp_ntz') return new NumberBuilder('long', rows)
  return new ValueBuilder()
}
