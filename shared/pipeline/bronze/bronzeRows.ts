import { bronzeTable, type ParseOutcome, type Rejection, type Stream } from '../../contract/index.js'
import type { SourceRecord } from '../../sources/index.js'
import { type Column, type ColumnData, namedValues, type Value } from '../../types/index.js'
import { kafkaTimestamp } from './kafkaTimestamp.js'

/**
 * Rows of bronze in columns: the record's own first, then the contract's. One instance gathers the rows of one file.
 */
export class BronzeRows {
  readonly #stream: Stream
  readonly #ingestedAt: bigint
  readonly #partition: number[] = []
  readonly #offset: bigint[] = []
  readonly #timestamp: (bigint | null)[] = []
  readonly #generation: number[] = []
  readonly #rejections: (Rejection | null)[] = []
  readonly #key: (Uint8Array | null)[] = []
  readonly #value: (Uint8Array | null)[] = []
  readonly #headers: (string | null)[] = []
  readonly #contract: { readonly name: string; readonly values: Value[] }[]

  /** @param ingestedAt microseconds, the same for every row of one encoding */
  constructor(stream: Stream, ingestedAt: bigint) {
    this.#stream = stream
    this.#ingestedAt = ingestedAt
    this.#contract = stream.columns.map(field => ({ name: field.name, values: [] }))
  }

  get length(): number {
    return this.#offset.length
  }

  /** @param outcome what the contract says of the record; undefined for a tombstone, which has nothing to say of */
  push(record: SourceRecord, generation: number, outcome: ParseOutcome | undefined): void {
    this.#partition.push(record.partition)
    this.#offset.push(record.offset)
    const timestamp = kafkaTimestamp(record)
    this.#timestamp.push(timestamp === undefined ? null : BigInt(timestamp) * 1000n)
    this.#generation.push(generation)
    this.#key.push(record.key)
    this.#value.push(record.value)
    this.#headers.push(headersText(record.headers))
    this.#rejections.push(outcome?.valid === false ? outcome.rejection : null)
    const row = outcome?.valid === true ? outcome.row : undefined
    for (const { name, values } of this.#contract) values.push(row?.[name] ?? null)
  }

  /** The table's columns in the table's order. */
  columns(): readonly Column[] {
    const length = this.length
    const reason = (pick: (r: Rejection) => string) => this.#rejections.map(r => (r === null ? null : pick(r)))
    const data = Object.assign(namedValues<ColumnData>(), {
      _partition: Int32Array.from(this.#partition),
      _offset: BigInt64Array.from(this.#offset),
      _timestamp: this.#timestamp.includes(null) ? this.#timestamp : BigInt64Array.from(this.#timestamp as bigint[]),
      _ingested_at: new BigInt64Array(length).fill(this.#ingestedAt),
      _topic: new Array<string>(length).fill(this.#stream.topic),
      _generation: Int32Array.from(this.#generation),
      _error_code: reason(r => r.code),
      _error_path: reason(r => r.path),
      _error_message: reason(r => r.message),
      _key: this.#key,
      _value: this.#value,
      _headers: this.#headers,
    })
    for (const { name, values } of this.#contract) data[name] = values
    return bronzeTable(this.#stream).schema.fields.flatMap(field => {
      const values = data[field.name]
      return values === undefined ? [] : [{ field, data: values }]
    })
  }
}

/** `[[key, base64], …]`, order and repeats kept; null when there are none. */
export function headersText(headers: SourceRecord['headers']): string | null {
  if (headers.length === 0) return null
  return JSON.stringify(
    headers.map(([key, value]) => [key, value === null ? null : Buffer.from(value).toString('base64')]),
  )
}
