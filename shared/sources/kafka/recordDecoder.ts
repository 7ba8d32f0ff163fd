import { maxPartBytes, type SourceRecord } from '../source.js'
import { batchDamaged, SourceError } from '../sourceError.js'
import { checkBatch } from './batchChecksum.js'
import { decompress } from './codecs.js'
import { attributeBits, type BatchHeader, headerSize } from './recordBatch.js'
import { RecordPack } from './recordPack.js'
import { contentOf, damagedContent, type RecordBody, RecordReader } from './recordReader.js'

/** What of a partition's batches is wanted: a batch may begin before the range and end behind it. */
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
 * What a batch may come to and still be decoded in one piece; larger ones are read as a stream (see recordStream.ts).
 */
export const wholeBatchBytes = 64 * 2 ** 20

/**
 * Appends the batch's records that lie in the window. Keys and values are views on the fetched (or decompressed)
 * bytes. A record whose own bytes do not hold together is one with a defect; where the next one begins is known all the
 * same.
 * @returns false, having appended nothing, when the batch is too large to be decompressed in one piece
 * @throws SourceError SOURCE_CORRUPT for damaged bytes, SOURCE_CODEC_MISSING when nothing here can decompress them
 */
export function decodeRecords(
  bytes: Buffer,
  header: BatchHeader,
  window: DecodeWindow,
  records: SourceRecord[],
): boolean {
  const packed = new RecordPack(window.topic, window.partition)
  const isWhole = packRecords(bytes, header, window, packed)
  for (const record of packed) records.push(record)
  return isWhole
}

/** The same without an object for each record. Where it throws, `packed` may have some of the batch's records. */
export function packRecords(bytes: Buffer, header: BatchHeader, window: DecodeWindow, packed: RecordPack): boolean {
  checkBatch(bytes, header, window)
  const body = bodyOf(bytes, header, window)
  if (body === undefined) return false
  packed.begin(body, header.baseOffset)
  const reader = new RecordReader(body)
  const place = new RecordPlace(header, window)
  for (let n = 0; n < header.recordCount; n++) {
    const size = reader.varint()
    const stop = reader.at + size
    if (!(size >= 0 && stop <= body.length)) throw damagedBatch(header, window)
    const from = reader.at
    reader.at++ // attributes, unused
    const timestampDelta = reader.varint()
    const offsetDelta = reader.varint()
    if (!place.isOffset(offsetDelta) || reader.at > stop) throw damagedBatch(header, window)
    if (place.isBehind(offsetDelta)) return true
    if (place.isWanted(offsetDelta)) {
      const timestamp = place.timestamp(timestampDelta)
      const contentAt = reader.at
      if (!isPackedPlain(reader, stop, offsetDelta, timestamp, packed)) {
        reader.at = contentAt
        const content = reader.content(stop)
        if (content === undefined) {
          const damaged = damagedContent(body.subarray(from, stop))
          packed.addWhole({ ...place.of(timestampDelta, offsetDelta), ...damaged }, offsetDelta)
        } else
          packContent(packed, body, place.of(timestampDelta, offsetDelta), { ...content, timestampDelta, offsetDelta })
      }
    }
    reader.at = stop
  }
  return true
}

/** Adds a record of nothing but a key and a value, as most are. @returns false, having added nothing, for any other */
function isPackedPlain(
  reader: RecordReader,
  stop: number,
  offsetDelta: number,
  timestamp: number,
  packed: RecordPack,
): boolean {
  const keyLength = reader.varint()
  const keyAt = reader.at
  if (keyLength > 0) reader.at += keyLength
  if (!(reader.at < stop)) return false
  const valueLength = reader.varint()
  const valueAt = reader.at
  if (valueLength > 0) reader.at += valueLength
  if (!(reader.at < stop) || keyLength > maxPartBytes || valueLength > maxPartBytes) return false
  if (reader.varint() !== 0 || reader.at !== stop) return false
  packed.add(offsetDelta, timestamp, keyAt, Math.max(-1, keyLength), valueAt, Math.max(-1, valueLength))
  return true
}

/** Adds a record with headers, or with parts that are too long. */
function packContent(packed: RecordPack, body: Buffer, at: ReturnType<RecordPlace['of']>, content: RecordBody): void {
  const read = contentOf(content)
  if (read.defect !== undefined) {
    packed.addWhole({ ...at, ...read }, content.offsetDelta)
    return
  }
  const { key, value, headers } = read
  const start = (part: Uint8Array | null) => (part === null ? 0 : part.byteOffset - body.byteOffset)
  packed.add(content.offsetDelta, at.timestamp, start(key), key?.length ?? -1, start(value), value?.length ?? -1)
  if (headers.length > 0) packed.addHeaders(headers)
}

/** The codec's number in the batch's attributes, as `decompress` takes it. */
export const codecOf = (header: BatchHeader): number => header.attributes & attributeBits.codec

/** A view of the batch's records as they stand in the log, compressed where the batch is. */
export const packedRecords = (bytes: Buffer, header: BatchHeader): Buffer =>
  bytes.subarray(header.at + headerSize, header.end)

function bodyOf(bytes: Buffer, header: BatchHeader, window: DecodeWindow): Buffer | undefined {
  try {
    return decompress(codecOf(header), packedRecords(bytes, header), wholeBatchBytes)
  } catch (error) {
    throw undecompressed(header, window, error)
  }
}

/** `SOURCE_CORRUPT` for a batch whose records do not add up to it. */
export const damagedBatch = ({ baseOffset }: BatchHeader, { topic, partition }: DecodeWindow): SourceError =>
  batchDamaged(topic, partition, baseOffset, 'is damaged')

/** What a codec threw, as the batch's fault. */
export function undecompressed(
  { baseOffset }: BatchHeader,
  { topic, partition }: DecodeWindow,
  error: unknown,
): unknown {
  if (!(error instanceof SourceError) || error.code !== 'SOURCE_CORRUPT' || 'offset' in error.data) return error
  return batchDamaged(
    topic,
    partition,
    baseOffset,
    `cannot be decompressed: ${error.message.replace(/\.$/, '')}`,
    error,
  )
}

/** Where a batch's records belong, by what they say of themselves relative to it. */
export class RecordPlace {
  readonly #header: BatchHeader
  readonly #window: DecodeWindow
  // Offset deltas are int32: comparing numbers inside the batch spares a bigint comparison per record.
  readonly #first: number
  readonly #end: number
  readonly #last: number
  readonly #fixedTimestamp: boolean

  constructor(header: BatchHeader, window: DecodeWindow) {
    const { baseOffset, lastOffset } = header
    this.#header = header
    this.#window = window
    this.#first = window.start > baseOffset ? Number(window.start - baseOffset) : 0
    this.#end = window.end > lastOffset ? Infinity : Number(window.end - baseOffset)
    this.#last = Number(lastOffset - baseOffset)
    this.#fixedTimestamp = (header.attributes & attributeBits.logAppendTime) !== 0
  }

  isOffset(delta: number): boolean {
    return delta >= 0 && delta <= this.#last
  }

  isWanted(delta: number): boolean {
    return delta >= this.#first && delta < this.#end
  }

  isBehind(delta: number): boolean {
    return delta >= this.#end
  }

  timestamp(delta: number): number {
    const { baseTimestamp, maxTimestamp } = this.#header
    return this.#fixedTimestamp ? maxTimestamp : baseTimestamp + delta
  }

  of(timestampDelta: number, offsetDelta: number): Pick<SourceRecord, 'topic' | 'partition' | 'offset' | 'timestamp'> {
    const { topic, partition } = this.#window
    return {
      topic,
      partition,
      offset: this.#header.baseOffset + BigInt(offsetDelta),
      timestamp: this.timestamp(timestampDelta),
    }
  }
}
