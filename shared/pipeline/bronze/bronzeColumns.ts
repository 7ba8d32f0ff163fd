import { bronzeTable, type ParseOutcome, type Rejection, type Stream } from '../../contract/index.js'
import type { JsonScanner } from '../../contract/scanning/index.js'
import type { WrittenColumn, WrittenData } from '../../parquet/index.js'
import type { PackedRecords, SourceRecord } from '../../sources/index.js'
import { namedValue, namedValues } from '../../types/index.js'
import { BytesBuilder, type ColumnBuilder, columnBuilder, NumberBuilder } from './columnBuilder.js'
import { kafkaTimestamp } from './kafkaTimestamp.js'

/** Most rows that room is made for before the first is there. */
const mostExpected = 250_000

/** Milliseconds whose microseconds a double holds exactly. */
const exactMs = Number.MAX_SAFE_INTEGER / 1000

/**
 * Rows of bronze in columns: the record's own first, then the contract's. No object for a row; valid ones may be taken
 * from the bytes of their records. One instance gathers the rows of one file: all of them rejected, or none.
 */
export class BronzeColumns {
  readonly #stream: Stream
  readonly #ingestedAt: bigint
  readonly #partition: NumberBuilder
  readonly #offset: NumberBuilder
  readonly #timestamp: NumberBuilder
  readonly #generation: NumberBuilder
  readonly #key: BytesBuilder
  readonly #value: BytesBuilder
  readonly #headers: BytesBuilder
  readonly #contract: readonly { readonly name: string; readonly builder: ColumnBuilder }[]
  readonly #rejections: Rejection[] = []
  #length = 0

  /**
   * @param ingestedAt microseconds, the same for every row of one encoding
   * @param expected how many rows there will be, about, and how many bytes their records have
   */
  constructor(stream: Stream, ingestedAt: bigint, expected: { readonly rows: number; readonly bytes: number }) {
    const rows = Math.min(mostExpected, expected.rows)
    this.#stream = stream
    this.#ingestedAt = ingestedAt
    this.#partition = new NumberBuilder('integer', rows)
    this.#offset = new NumberBuilder('long', rows)
    this.#timestamp = new NumberBuilder('long', rows)
    this.#generation = new NumberBuilder('integer', rows)
    this.#key = new BytesBuilder(false, rows, Math.floor(expected.bytes / 8))
    this.#value = new BytesBuilder(false, rows, expected.bytes)
    this.#headers = new BytesBuilder(true, rows, 0)
    this.#contract = stream.columns.map(({ name, type }) => ({ name, builder: columnBuilder(type, rows) }))
  }

  get length(): number {
    return this.#length
  }

  /** @param outcome what the contract says of the record; undefined for a tombstone, which has nothing to say of */
  push(record: SourceRecord, generation: number, outcome: ParseOutcome | undefined): void {
    this.#pushPlace(record.partition, generation, kafkaTimestamp(record))
    this.#offset.push(record.offset)
    this.#key.push(record.key)
    this.#value.push(record.value)
    this.#headers.push(headersText(record.headers))
    if (outcome?.valid === false) {
      this.#rejections.push(outcome.rejection)
      return
    }
    const row = outcome?.row
    for (const { name, builder } of this.#contract) builder.push(row?.[name] ?? null)
  }

  /** The record at a place of packed ones, whose value the scanner has just taken. */
  pushScanned(records: PackedRecords, n: number, generation: number, scanner: JsonScanner): void {
    this.#pushPlace(records.partition, generation, kafkaTimestamp({ timestamp: records.timestampAt(n) }))
    const offset = records.exactOffsetAt(n)
    if (offset === undefined) this.#offset.push(records.offsetAt(n))
    else this.#offset.pushNumber(offset)
    const body = records.bodyOf(n)
    const keyAt = records.keyAt(n)
    const keyLength = records.keyLength(n)
    if (keyLength < 0) this.#key.pushNull()
    else this.#key.pushBytes(body, keyAt, keyAt + keyLength)
    const valueAt = records.valueAt(n)
    this.#value.pushBytes(body, valueAt, valueAt + records.valueLength(n))
    this.#headers.pushNull()
    for (let i = 0; i < this.#contract.length; i++) {
      const { builder } = this.#contract[i] as { readonly builder: ColumnBuilder }
      if (scanner.there[i] === 0) builder.push(null)
      else {
        const mode = scanner.fields[i]?.mode
        if (mode === 'value') builder.push(scanner.values[i] ?? null)
        else if (mode === 'text') builder.pushBytes(body, scanner.starts[i] as number, scanner.ends[i] as number)
        else builder.pushNumber(scanner.numbers[i] as number)
      }
    }
  }

  #pushPlace(partition: number, generation: number, timestamp: number | undefined): void {
    this.#length++
    this.#partition.pushNumber(partition)
    this.#generation.pushNumber(generation)
    if (timestamp === undefined) this.#timestamp.push(null)
    else if (timestamp <= exactMs && timestamp >= -exactMs) this.#timestamp.pushNumber(timestamp * 1000)
    else this.#timestamp.push(BigInt(timestamp) * 1000n)
  }

  /** The table's columns in the table's order. */
  columns(): readonly WrittenColumn[] {
    const { length } = this
    const none = new Array<null>(length).fill(null)
    const isRejected = this.#rejections.length > 0
    const reason = (pick: (rejection: Rejection) => string) => (isRejected ? this.#rejections.map(pick) : none)
    const data = Object.assign(namedValues<WrittenData>(), {
      _partition: this.#partition.data(),
      _offset: this.#offset.data(),
      _timestamp: this.#timestamp.data(),
      _ingested_at: new BigInt64Array(length).fill(this.#ingestedAt),
      _topic: new Array<string>(length).fill(this.#stream.topic),
      _generation: this.#generation.data(),
      _error_code: reason(({ code }) => code),
      _error_path: reason(({ path }) => path),
      _error_message: reason(({ message }) => message),
      _key: this.#key.data(),
      _value: this.#value.data(),
      _headers: this.#headers.data(),
    })
    for (const { name, builder } of this.#contract) data[name] = isRejected ? none : builder.data()
    return bronzeTable(this.#stream).schema.fields.flatMap(field => {
      const values = namedValue(data, field.name)
      return values === undefined ? [] : [{ field, data: values }]
    })
  }
}

/** `[[key, base64], …]`, order and repeats kept; null when there are none. */
function headersText(headers: SourceRecord['headers']): string | null {
  if (headers.length === 0) return null
  return JSON.stringify(
    headers.map(([key, value]) => [key, value === null ? null : Buffer.from(value).toString('base64')]),
  )
}
