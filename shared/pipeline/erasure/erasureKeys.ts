import { createHmac } from 'node:crypto'

import { bronzeTable, type Stream } from '../../contract/index.js'
import type { Predicate } from '../../delta/index.js'
import { identifier, valueLiteral } from '../../query/index.js'
import {
  columnKey,
  type DataType,
  parseDecimal,
  parseIsoDate,
  parseIsoTimestamp,
  parseIsoTimestampNtz,
  type Value,
} from '../../types/index.js'
import { PipelineError } from '../lake/index.js'

/** What bronze keeps of a record, as far as it can say whose it is. */
export interface KeyedRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
}

/** The keys of a stream that are to be erased, as its tables and as records have them. */
export class ErasureKeys {
  readonly #stream: Stream
  readonly #texts: readonly string[]
  readonly #values: readonly Value[]
  readonly #type: DataType
  /** As texts of records are compared. */
  readonly #normal: ReadonlySet<string>

  /**
   * @param texts each a key as text: of a column of numbers its digits, of dates and timestamps ISO 8601
   * @throws PipelineError BAD_KEY for one that no row can have; the message does not repeat it
   */
  constructor(stream: Stream, texts: readonly string[]) {
    this.#stream = stream
    this.#texts = [...new Set(texts)]
    this.#type = bronzeTable(stream).schema.fields.find(({ name }) => name === stream.key)?.type ?? 'string'
    this.#values = this.#texts.map((text, n) => {
      const value = keyValue(this.#type, text)
      if (value !== undefined) return value
      const type = typeof this.#type === 'string' ? this.#type : this.#type.type
      throw new PipelineError(
        'BAD_KEY',
        `Key ${n + 1} is no value of ${stream.name}'s key ${stream.key}, which is a ${type}.`,
        { data: { stream: stream.name, column: stream.key, type } },
      )
    })
    this.#normal = new Set(this.#texts.map(text => this.#normalised(text)))
  }

  get count(): number {
    return this.#texts.length
  }

  /** HMAC-SHA-256 of each: without the salt nobody can tell which key it is, by trying all of them neither. */
  digests(salt: Uint8Array): readonly string[] {
    return this.#texts.map(text => createHmac('sha256', salt).update(text).digest('hex'))
  }

  /** The condition under which a row of any of the stream's tables has one of them as its key. */
  get sql(): string {
    return `${identifier(this.#stream.key)} IN (${this.#values.map(value => valueLiteral(this.#type, value)).join(', ')})`
  }

  /** The same as far as statistics can say. */
  get predicate(): Predicate {
    const column = columnKey([this.#stream.key])
    return { op: 'or', of: this.#values.map((value): Predicate => ({ op: '=', column, value })) }
  }

  /**
   * Whether a record without columns (rejected, left out, a tombstone) is of one of them. The key that its value says it
   * has decides; where none can be read, Kafka's key, the values of headers, and the key anywhere in the value's bytes.
   */
  matches({ key, value, headers }: KeyedRecord): boolean {
    const said = value === null ? undefined : this.#stream.keyOf(value)
    if (said !== undefined) return this.#normal.has(this.#normalised(said))
    if (key !== null && this.#isKey(key)) return true
    if (headers.some(([, bytes]) => bytes !== null && this.#isKey(bytes))) return true
    if (value === null) return false
    // In a binary format a text stands behind its length, which may look like a part of it.
    const holds = this.#stream.dataType === 'binary' ? holdsBytes : holdsWord
    return unescapedForms(value).some(form => this.#texts.some(text => holds(form, text)))
  }

  /** Whether what somebody wrote of records names one of them. Of the shortest every text might. */
  areNamedIn(note: string): boolean {
    const forms = unescapedForms(Buffer.from(note))
    return this.#texts.some(text => text.length >= leastNamed && forms.some(form => holdsWord(form, text)))
  }

  /** As serialisers write a key alone: its text, JSON, a big-endian number, or an object with the field. */
  #isKey(bytes: Uint8Array): boolean {
    if (this.#isNumber && (bytes.length === 8 || bytes.length === 4)) {
      const buffer = Buffer.from(bytes)
      const number = bytes.length === 8 ? buffer.readBigInt64BE() : BigInt(buffer.readInt32BE())
      if (this.#normal.has(String(number))) return true
    }
    const text = Buffer.from(bytes).toString('utf8')
    const said = this.#normalised(unquoted(text))
    if (this.#normal.has(said) || this.#normal.has(this.#normalised(text))) return true
    const inside = this.#stream.keyOf(bytes)
    return inside !== undefined && this.#normal.has(this.#normalised(inside))
  }

  get #isNumber(): boolean {
    return this.#type === 'integer' || this.#type === 'long'
  }

  #normalised(text: string): string {
    if (this.#isNumber)
      return /^\s*[+-]?\d+(\.0*)?\s*$/.test(text) ? String(BigInt(text.trim().replace(/^\+|\.0*$/g, ''))) : text
    if (typeof this.#type === 'string' || this.#type.type !== 'decimal') return text
    const unscaled = parseDecimal(text.trim(), this.#type.scale)
    return unscaled === undefined ? text : String(unscaled)
  }
}

function keyValue(type: DataType, text: string): Value | undefined {
  if (typeof type === 'object')
    return type.type === 'decimal' ? exactDecimal(text, type.precision, type.scale) : undefined
  switch (type) {
    case 'string':
      return text === '' ? undefined : text
    case 'integer':
    case 'long': {
      if (!/^-?\d{1,19}$/.test(text)) return undefined
      const number = BigInt(text)
      if (BigInt.asIntN(type === 'long' ? 64 : 32, number) !== number) return undefined
      return type === 'long' ? number : Number(number)
    }
    case 'date':
      return parseIsoDate(text)
    case 'timestamp':
      return parseIsoTimestamp(text)
    case 'timestamp_ntz':
      return parseIsoTimestampNtz(text)
    default:
      return undefined
  }
}

/** One that a row can have: never rounded. */
function exactDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const match = /^-?\d+(?:\.(\d+))?$/.exec(text)
  if (match === null) return undefined
  const [, fraction = ''] = match
  if (fraction.replace(/0+$/, '').length > scale) return undefined
  const unscaled = parseDecimal(text, scale)
  return unscaled === undefined || String(unscaled).replace('-', '').length > precision ? undefined : unscaled
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'string' ? found : text
  } catch {
    return text
  }
}

/** Characters of a key that is looked for in notes: words and numbers of fixes are as short. */
const leastNamed = 4

/** How often a text may stand inside another: JSON in JSON. */
const mostUnescaped = 3

const shortEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Bytes as they are, and with what JSON escapes in texts undone: which characters it escapes is the writer's choice. */
function unescapedForms(value: Uint8Array): readonly Uint8Array[] {
  const forms = [value]
  let text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
  for (let n = 0; n < mostUnescaped && text.includes('\\'); n++) {
    text = text.replace(/\\(?:u([0-9a-fA-F]{4})|([^u]))/gs, (_, code: string | undefined, other: string) =>
      code === undefined ? (shortEscapes[other] ?? other) : String.fromCharCode(parseInt(code, 16)),
    )
    forms.push(Buffer.from(text))
  }
  return forms
}

const holdsBytes = (bytes: Uint8Array, text: string) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text)

/** Whether bytes hold a text that is not a part of a longer word. */
function holdsWord(bytes: Uint8Array, text: string): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = Buffer.from(text)
  for (let at = buffer.indexOf(word); at >= 0; at = buffer.indexOf(word, at + 1))
    if (!isWordByte(buffer[at - 1]) && !isWordByte(buffer[at + word.length])) return true
  return false
}

function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /[A-Za-z0-9_]/.test(String.fromCharCode(byte)))
}
