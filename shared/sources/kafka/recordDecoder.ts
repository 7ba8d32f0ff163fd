/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import type { Header, SourceRecord } from '../source.js'
import { batchDamaged, SourceError } from '../sourceError.js'
import { decompress } from './codecs.js'
import { crc32c } from './crc32c.js'
import { attributeBits, checksummedFrom, headerSize, type BatchHeader } from './recordBatch.js'

const nothing = new Uint8Array(0)
const noHeaders: readonly Header[] = Object.freeze([])

export interface DecodeWindow {
  readonly topic: string
  readonly partition: number
  /** First offset wanted. */
  readonly start: bigint
  /** First offset not wanted. */
  readonly end: bigint
  readonly verifyChecksum: boolean
}

/**
 * Appends the batch's records that lie in the window. Keys and values are views on the fetched (or decompressed)
 * bytes. Pure; no I/O.
 * @throws SourceError `SOURCE_CORRUPT`, `SOURCE_CODEC_MISSING`
 */
export function decodeRecords(bytes: Buffer, header: BatchHeader, window: DecodeWindow, records: SourceRecord[]): void {
  const { topic, partition } = window
  if (window.verifyChecksum && crc32c(bytes, header.at + checksummedFrom, header.end) !== header.crc) {
    throw batchDamaged(topic, partition, header.baseOffset, 'does not match its checksum')
  }
  const codec = header.attributes & attributeBits.codec
  const packed = bytes.subarray(header.at + headerSize, header.end)
  const body = bodyOf(packed, codec, header, window)
  const reader = new RecordReader(body)
  const { baseOffset, baseTimestamp } = header
  const fixedTimestamp = (header.attributes & attributeBits.logAppendTime) !== 0
  // Offset deltas are int32: comparing numbers inside the batch spares a bigint comparison per record.
  const firstDelta = window.start > baseOffset ? Number(window.start - baseOffset) : 0
  const endDelta = window.end > header.lastOffset ? Infinity : Number(window.end - baseOffset)
  for (let n = 0; n < header.recordCount; n++) {
    const size = reader.varint()
    const stop = reader.at + size
    if (size < 0 || stop > body.length) throw damaged(topic, partition, header)
    reader.at++ // attributes, unused
    const timestampDelta = reader.varint()
    const offsetDelta = reader.varint()
    if (offsetDelta >= endDelta) return
    if (offsetDelta >= firstDelta) {
      records.push({
        topic,
        partition,
        offset: baseOffset + BigInt(offsetDelta),
        timestamp: fixedTimestamp ? header.maxTimestamp : baseTimestamp + timestampDelta,
        key: reader.bytes(),
        value: reader.bytes(),
        headers: reader.headers(),
      })
      if (reader.at > stop) throw damaged(topic, partition, header)
    }
    reader.at = stop
  }
}

function bodyOf(packed: Buffer, codec: number, { baseOffset }: BatchHeader, { topic, partition }: DecodeWindow): Buffer {
  if (codec === 0) return packed
  try {
    return decompress(codec, packed)
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'SOURCE_CORRUPT') throw error
    throw batchDamaged(topic, partition, baseOffset, `cannot be decompressed: ${error.message.replace(/\.$/, '')}`, error)
  }
}

class RecordReader {
  at = 0
  readonly #buffer: ArrayBufferLike
  readonly #from: number

  readonly body: Buffer

  constructor(body: Buffer) {
    this.body = body
    this.#buffer = body.buffer
    this.#from = body.byteOffset
  }

  /** Zigzag; exact up to 2^53. */
  varint(): number {
    const { body } = this
    let byte = body[this.at++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = body[this.at++]!
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(): Uint8Array | null {
    const length = this.varint()
    if (length < 0) return null
    const at = this.at
    this.at += length
    if (this.at > this.body.length) return nothing // damage, which the record's end shows
    return new Uint8Array(this.#buffer, this.#from + at, length)
  }

  headers(): readonly Header[] {
    const count = this.varint()
    if (count <= 0) return noHeaders
    const headers: Header[] = []
    for (let n = 0; n < count && this.at < this.body.length; n++) {
      const length = this.varint()
      const key = this.body.toString('utf8', this.at, this.at + length)
      this.at += length
      headers.push([key, this.bytes()])
    }
    return headers
  }
}

const damaged = (topic: string, partition: number, { baseOffset }: BatchHeader): SourceError =>
  batchDamaged(topic, partition, baseOffset, 'is damaged')
