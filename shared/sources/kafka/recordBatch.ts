import { SourceError } from '../sourceError.js'

/** Bytes before a batch's length counts. */
export const lengthEnd = 12
/** Bytes before a batch's first record. */
export const headerSize = 61
/** Where the checksummed part begins. */
export const checksummedFrom = 21

/** Masks of a record batch's `attributes` (Kafka's message format 2). */
export const attributeBits = { codec: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const

/** The header of a record batch (message format 2) and where the batch lies in its buffer. */
export interface BatchHeader {
  readonly at: number
  readonly end: number
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly crc: number
  readonly attributes: number
  /** Milliseconds; records' timestamps are relative to it. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: bigint
  readonly recordCount: number
}

/**
 * The whole batches at the beginning of what a fetch returned, and what is wrong with the one behind them, if anything.
 */
export interface ScannedBatches {
  readonly headers: readonly BatchHeader[]
  readonly damage: SourceError | undefined
}

/** A batch that was cut off at the end is left out; `where` is the partition, for the error. */
export function scanBatches(bytes: Buffer, where: string): ScannedBatches {
  const headers: BatchHeader[] = []
  try {
    readHeaders(bytes, headers)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    return {
      headers,
      damage: new SourceError(error.code, `${error.message.replace(/\.$/, '')} (${where}).`, { data: error.data }),
    }
  }
  return { headers, damage: undefined }
}

/**
 * Headers of the whole batches in what a fetch returned; a last batch that was cut off is left out.
 * @throws SourceError SOURCE_FORMAT_OLD for message formats before Kafka 0.11
 */
export function batchHeaders(bytes: Buffer): BatchHeader[] {
  const headers: BatchHeader[] = []
  readHeaders(bytes, headers)
  return headers
}

function readHeaders(bytes: Buffer, headers: BatchHeader[]): void {
  for (let at = 0; at + lengthEnd <= bytes.length;) {
    const length = bytes.readInt32BE(at + 8)
    if (length < 0) throw tooShort(bytes, at)
    const end = at + lengthEnd + length
    if (end > bytes.length) break
    const magic = bytes[at + 16]
    if (magic !== 2) {
      throw new SourceError(
        magic === 0 || magic === 1 ? 'SOURCE_FORMAT_OLD' : 'SOURCE_CORRUPT',
        `Records at offset ${bytes.readBigInt64BE(at)} have message format ${magic}; only format 2 (Kafka 0.11 and later) is read.`,
      )
    }
    if (end - at < headerSize) throw tooShort(bytes, at)
    const baseOffset = bytes.readBigInt64BE(at)
    headers.push({
      at,
      end,
      baseOffset,
      lastOffset: baseOffset + BigInt(bytes.readInt32BE(at + 23)),
      crc: bytes.readUInt32BE(at + 17),
      attributes: bytes.readInt16BE(at + 21),
      baseTimestamp: Number(bytes.readBigInt64BE(at + 27)),
      maxTimestamp: Number(bytes.readBigInt64BE(at + 35)),
      producerId: bytes.readBigInt64BE(at + 43),
      recordCount: bytes.readInt32BE(at + 57),
    })
    at = end
  }
}

const tooShort = (bytes: Buffer, at: number): SourceError =>
  new SourceError(
    'SOURCE_CORRUPT',
    `The record batch at offset ${bytes.readBigInt64BE(at)} is shorter than its header.`,
  )
