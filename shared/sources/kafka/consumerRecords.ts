import type { SourceRecord } from '../source.js'
import { SourceError } from '../sourceError.js'
import { type ConsumerMessage, replaceMessageDecoder } from './kafkajsInternals.js'
import { attributeBits, type BatchHeader, scanBatches } from './recordBatch.js'
import { decodeRecords, type DecodeWindow } from './recordDecoder.js'
import { streamRecords } from './recordStream.js'

/** A message of kafkajs's consumers, decoded by us. Its topic and partition are the batch's; the record has none. */
export interface DecodedMessage extends ConsumerMessage {
  readonly record: SourceRecord
  /** Why nothing can be read from here on; the record is empty then. */
  readonly damage: SourceError | undefined
}

const everything: DecodeWindow = { topic: '', partition: -1, start: 0n, end: 1n << 63n, verifyChecksum: true }

let isReplaced = false

/**
 * Gives kafkajs's consumers in this process our decoder: each record whole and in linear time, headers in order, damage
 * as the last message of its partition instead of an error that ends the fetch for all of them.
 */
export function decodeConsumerRecords(): void {
  if (isReplaced) return
  replaceMessageDecoder(consumerMessages)
  isReplaced = true
}

/** The records of one partition in one fetch. */
export async function consumerMessages(batches: Buffer): Promise<readonly DecodedMessage[]> {
  const { headers, damage } = scanBatches(batches, 'one of the partitions')
  const messages: DecodedMessage[] = []
  let next = 0n
  try {
    for (const header of headers) {
      next = header.baseOffset
      const records: SourceRecord[] = []
      if (!decodeRecords(batches, header, everything, records)) {
        for await (const record of streamRecords(batches, header, everything)) records.push(record)
      }
      for (const record of records) messages.push(toMessage(record, header))
      next = header.lastOffset + 1n
    }
    if (damage !== undefined) messages.push(damagedFrom(next, damage))
  } catch (thrown) {
    if (!(thrown instanceof SourceError)) throw thrown
    messages.push(damagedFrom(next, thrown))
  }
  return messages
}

function toMessage(record: SourceRecord, { producerId, attributes }: BatchHeader): DecodedMessage {
  return {
    record,
    damage: undefined,
    offset: String(record.offset),
    key: record.key === null ? null : Buffer.from(record.key.buffer, record.key.byteOffset, record.key.byteLength),
    isControlRecord: (attributes & attributeBits.control) !== 0,
    batchContext: { producerId: String(producerId), inTransaction: (attributes & attributeBits.transactional) !== 0 },
  }
}

/** Beyond every offset, since a consumer drops what lies before the one it asked for. */
const lastOfAll = String(1n << 62n)

function damagedFrom(offset: bigint, damage: SourceError): DecodedMessage {
  const record = { topic: '', partition: -1, offset, timestamp: 0, key: null, value: null, headers: [] }
  return {
    record,
    damage,
    offset: lastOfAll,
    key: null,
    isControlRecord: false,
    batchContext: { producerId: '-1', inTransaction: false },
  }
}
