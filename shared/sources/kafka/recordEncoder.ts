import type { ProducedRecord } from '../source.js'
import { ByteWriter, varintSize } from './bytes.js'
import { compress, type Compression, compressions } from './codecs.js'
import { crc32c } from './crc32c.js'
import { checksummedFrom, headerSize, lengthEnd } from './recordBatch.js'

/** What makes a batch recognisable to the broker when it is sent again. */
export interface ProducerStamp {
  readonly producerId: bigint
  readonly epoch: number
  readonly sequence: number
}

/** A producer without an identity: a batch sent again is written again. */
export const anonymous: ProducerStamp = { producerId: -1n, epoch: -1, sequence: -1 }

/**
 * One record batch (message format 2) of at least one record.
 * @param now milliseconds, the timestamp of records that have none
 */
export function encodeRecordBatch(
  records: readonly ProducedRecord[],
  now: number,
  stamp: ProducerStamp = anonymous,
  compression: Compression = 'none',
): Buffer {
  const timestamps = records.map(record => record.timestamp ?? now)
  const baseTimestamp = timestamps[0] as number
  const body = new ByteWriter(4096)
  records.forEach((record, index) => {
    writeRecord(body, record, index, (timestamps[index] as number) - baseTimestamp)
  })
  const packed = compress(compression, body.finish())

  const batch = new ByteWriter(headerSize + packed.length)
    .int64(0n)
    .int32(headerSize - lengthEnd + packed.length)
    .int32(-1)
    .int8(2)
    .uint32(0)
    .int16(compressions.indexOf(compression))
    .int32(records.length - 1)
    .int64(BigInt(baseTimestamp))
    .int64(BigInt(timestamps.reduce((a, b) => Math.max(a, b))))
    .int64(stamp.producerId)
    .int16(stamp.epoch)
    .int32(stamp.sequence)
    .int32(records.length)
    .raw(packed)
    .finish()
  batch.writeUInt32BE(crc32c(batch, checksummedFrom), checksummedFrom - 4)
  return batch
}

function writeRecord(body: ByteWriter, record: ProducedRecord, offsetDelta: number, timestampDelta: number): void {
  const headers = (record.headers ?? []).map(([key, value]) => [Buffer.from(key), value] as const)
  let size = 1 + varintSize(timestampDelta) + varintSize(offsetDelta) + sizeOf(record.key) + sizeOf(record.value)
  size += varintSize(headers.length)
  for (const [key, value] of headers) size += sizeOf(key) + sizeOf(value)
  body.varint(size).int8(0).varint(timestampDelta).varint(offsetDelta).varBytes(record.key).varBytes(record.value)
  body.varint(headers.length)
  for (const [key, value] of headers) body.varBytes(key).varBytes(value)
}

const sizeOf = (bytes: Uint8Array | null): number => (bytes === null ? 1 : varintSize(bytes.length) + bytes.length)
