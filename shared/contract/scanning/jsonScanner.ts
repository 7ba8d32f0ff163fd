/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes behind the end compare as nothing that is looked for */
import { isUtf8 } from 'node:buffer'

import { namedValues, type Value } from '../../types/index.js'
import { checksOf } from '../checks.js'
import type { Stream } from '../stream.js'
import { ValidationIssue } from '../validationIssue.js'
import { latestEventTime } from '../valueValidation.js'
import { fieldsRead } from './fieldsRead.js'
import { backslash, close, colon, comma, isExponent, isNamed, open, quote, skipBlanks, wordEnd } from './jsonBytes.js'
import { type ScannedField, scannedField } from './scannedField.js'
import { isExactNumber, microsOf, numberEnd, scanned } from './scannedNumber.js'

/**
 * Reads valid events of a contract without nesting from their bytes, value by value. What it is not sure of (escapes,
 * repeated, unknown or missing fields, exponents, digits that a double may lose, anything not valid) it leaves to
 * `Stream.parse`: where it takes an event, its values are those that `parse` would give.
 *
 * @example if (scanner.scan(bytes, from, to, kafkaTimestamp, ingestedAt)) take(scanner.numbers[0])
 */
export class JsonScanner {
  readonly fields: readonly ScannedField[]
  /** By field: where its text begins and ends in the bytes. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** By field: its number, or the microseconds of its time. */
  readonly numbers: Float64Array
  /** By field: its value as a column has it, where the contract decoded it. */
  readonly values: Value[]
  /** By field: 0 for a null. */
  readonly there: Uint8Array
  readonly #outputs: unknown[]
  readonly #exact: boolean
  readonly #eventTime: number
  readonly #rules: NonNullable<Stream['json']>['rules']
  /** Fields that the rules read. */
  readonly #asked: readonly number[]
  /** Fields as the last event had them. */
  readonly #order: number[]
  /** By field: the number of the last event that had it. */
  readonly #met: Uint32Array
  #event = 0
  #isAscii = true

  private constructor(stream: Stream, fields: readonly ScannedField[], rules: Rules, asked: readonly string[]) {
    this.fields = fields
    this.starts = new Int32Array(fields.length)
    this.ends = new Int32Array(fields.length)
    this.numbers = new Float64Array(fields.length)
    this.values = new Array<Value>(fields.length).fill(null)
    this.there = new Uint8Array(fields.length)
    this.#outputs = new Array<unknown>(fields.length)
    this.#exact = fields.some(({ decoder }) => decoder.exact)
    this.#eventTime = fields.findIndex(({ name }) => name === stream.eventTime)
    this.#rules = rules
    this.#asked = asked.map(name => fields.findIndex(field => field.name === name))
    this.#order = fields.map((_, n) => n)
    this.#met = new Uint32Array(fields.length)
  }

  /** A scanner of the stream's events; undefined where only `parse` can read them. */
  static of(stream: Stream): JsonScanner | undefined {
    const { json, schema, columns } = stream
    if (json === undefined || json.parse !== stream.parse || checksOf(schema, false) !== undefined) return undefined
    if (!columns.every(({ name, type }) => isScannable(name) && (typeof type === 'string' || type.type === 'decimal')))
      return undefined
    const asked = json.predicates.map(fieldsRead)
    const names = new Set(columns.map(({ name }) => name))
    if (!asked.every(fields => fields?.every(name => names.has(name)))) return undefined
    const fields = columns.map(({ name }) => scannedField(name, schema.shape[name] as ScannedSchema))
    if (fields.find(({ name }) => name === stream.eventTime)?.mode !== 'micros') return undefined
    return new JsonScanner(stream, fields, json.rules, [...new Set(asked.flatMap(read => read ?? []))])
  }

  /**
   * Reads the event that the bytes from `from` to `to` are.
   * @param kafkaTimestamp as `Stream.parse` takes it
   * @returns false when it is for `parse` to read; what was read is of no use then
   */
  scan(bytes: Buffer, from: number, to: number, kafkaTimestamp: number | null, ingestedAt: number): boolean {
    this.#event++
    if (!this.#readFields(bytes, from, to) || !this.#completes()) return false
    if (!this.#isAscii && !isUtf8(bytes.subarray(from, to))) return false
    if (this.numbers[this.#eventTime]! > latestEventTime(kafkaTimestamp, ingestedAt)) return false
    return this.#rules(this.#askedEvent(bytes)) === undefined
  }

  // A place only ever grows, so that an event that ends exactly at `to` was read from its own bytes alone.
  #readFields(bytes: Buffer, from: number, to: number): boolean {
    this.#isAscii = true
    let at = skipBlanks(bytes, from)
    if (bytes[at] !== open) return false
    at = skipBlanks(bytes, at + 1)
    for (let turn = 0; ; turn++) {
      if (bytes[at] !== quote) return false
      const n = this.#fieldAt(bytes, at + 1, turn)
      if (n < 0 || this.#met[n] === this.#event) return false
      this.#met[n] = this.#event
      const field = this.fields[n]!
      at = skipBlanks(bytes, at + 2 + field.bytes.length)
      if (bytes[at] !== colon) return false
      at = this.#valueEnd(field, n, bytes, skipBlanks(bytes, at + 1), to)
      if (at < 0) return false
      at = skipBlanks(bytes, at)
      if (bytes[at] === close) return skipBlanks(bytes, at + 1, to) === to
      if (bytes[at] !== comma) return false
      at = skipBlanks(bytes, at + 1)
    }
  }

  /** The field whose name, and a quote, stand at `at`, or -1. Producers mostly write fields in one order. */
  #fieldAt(bytes: Buffer, at: number, turn: number): number {
    const expected = this.#order[turn]
    if (expected !== undefined && isNamed(bytes, at, this.fields[expected]!.bytes)) return expected
    const n = this.fields.findIndex(field => isNamed(bytes, at, field.bytes))
    if (n >= 0 && turn < this.#order.length) this.#order[turn] = n
    return n
  }

  #valueEnd(field: ScannedField, n: number, bytes: Buffer, at: number, to: number): number {
    const { mode } = field
    if (mode === 'value') return this.#decodedEnd(field, n, bytes, at, to)
    this.there[n] = 1
    const c = bytes[at]
    if (c === quote) {
      const end = this.#stringEnd(bytes, at + 1, to)
      if (end < 0) return -1
      if (mode === 'text') return this.#isText(field, n, at + 1, end) ? end + 1 : -1
      if (mode === 'micros') {
        const micros = microsOf(bytes, at + 1, end)
        this.numbers[n] = micros
        return micros === micros ? end + 1 : -1
      }
      return numberEnd(bytes, at + 1) === end && this.#isNumber(mode, n, bytes, at + 1, end) ? end + 1 : -1
    }
    if (c === 110 /* n */) {
      this.there[n] = 0
      return field.acceptsNull ? wordEnd(bytes, at, 'null') : -1
    }
    if (mode === 'text' || mode === 'micros') return -1
    const end = numberEnd(bytes, at)
    return end >= 0 && !isExponent(bytes[end]!) && this.#isNumber(mode, n, bytes, at, end) ? end : -1
  }

  #isText({ minLength, maxLength }: ScannedField, n: number, start: number, end: number): boolean {
    this.starts[n] = start
    this.ends[n] = end
    const size = end - start
    // Characters beyond ASCII have more bytes than units.
    return (this.#isAscii || minLength <= 1) && size >= minLength && size <= maxLength
  }

  #isNumber(mode: ScannedField['mode'], n: number, bytes: Buffer, at: number, end: number): boolean {
    const { value, isWhole } = scanned
    this.numbers[n] = value
    if (!isExactNumber()) {
      if (mode !== 'double') return false
      this.numbers[n] = Number(bytes.toString('latin1', at, end))
      return true
    }
    return mode === 'double' || (isWhole && (mode === 'long' || (value | 0) === value))
  }

  /** As `parse` would decode what is written there. */
  #decodedEnd(field: ScannedField, n: number, bytes: Buffer, at: number, to: number): number {
    const c = bytes[at]
    let found: unknown
    let end: number
    if (c === quote) {
      const last = this.#stringEnd(bytes, at + 1, to)
      if (last < 0) return -1
      found = bytes.toString('utf8', at + 1, last)
      end = last + 1
    } else if (c === 110) end = wordEnd(bytes, at, ((found = null), 'null'))
    else if (c === 116) end = wordEnd(bytes, at, ((found = true), 'true'))
    else if (c === 102) end = wordEnd(bytes, at, ((found = false), 'false'))
    else {
      end = numberEnd(bytes, at)
      if (end < 0 || isExponent(bytes[end]!) || (this.#exact && !isExactNumber())) return -1
      found = isExactNumber() ? scanned.value : Number(bytes.toString('latin1', at, end))
    }
    return end >= 0 && this.#isDecoded(field, n, found) ? end : -1
  }

  #isDecoded({ decoder }: ScannedField, n: number, found: unknown): boolean {
    const output = decoder.decode(found)
    if (output instanceof ValidationIssue) return false
    this.#outputs[n] = output
    const value = decoder.store === undefined ? output : decoder.store(output)
    this.values[n] = (value ?? null) as Value
    this.there[n] = this.values[n] === null ? 0 : 1
    return true
  }

  /** Whether the fields that are not there need not be. */
  #completes(): boolean {
    for (let n = 0; n < this.fields.length; n++) {
      if (this.#met[n] === this.#event) continue
      const field = this.fields[n]!
      if (field.mode === 'value') {
        if (!this.#isDecoded(field, n, undefined)) return false
      } else if (field.acceptsNothing) this.there[n] = 0
      else return false
    }
    return true
  }

  /** What the rules read of the event. */
  #askedEvent(bytes: Buffer): Record<string, unknown> {
    const event = namedValues<unknown>()
    for (const n of this.#asked) event[this.fields[n]!.name] = this.#outputOf(n, bytes)
    return event
  }

  #outputOf(n: number, bytes: Buffer): unknown {
    const { mode } = this.fields[n]!
    if (mode === 'value') return this.#outputs[n]
    if (this.there[n] === 0) return this.#met[n] === this.#event ? null : undefined
    if (mode === 'text') return bytes.toString('utf8', this.starts[n], this.ends[n])
    if (mode === 'int') return this.numbers[n]! | 0
    return mode === 'double' ? this.numbers[n] : BigInt(this.numbers[n]!)
  }

  /** The end of a string's content that begins at `at`, or -1. */
  #stringEnd(bytes: Buffer, at: number, to: number): number {
    let all = 0
    for (let i = at; i < to; i++) {
      const c = bytes[i]!
      if (c === quote) {
        if (all >= 0x80) this.#isAscii = false
        return i
      }
      if (c < 32 || c === backslash) return -1
      all |= c
    }
    return -1
  }
}

type Rules = NonNullable<Stream['json']>['rules']
type ScannedSchema = Parameters<typeof scannedField>[1]

/** Names that stand in JSON text as they are. */
const isScannable = (name: string): boolean => name !== '__proto__' && JSON.stringify(name) === `"${name}"`
