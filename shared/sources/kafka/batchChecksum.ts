import { batchDamaged } from '../sourceError.js'
import { crc32c } from './crc32c.js'
import { type BatchHeader, checksummedFrom } from './recordBatch.js'

/** Whose batch it is, and whether its checksum counts. */
export interface CheckedPartition {
  readonly topic: string
  readonly partition: number
  readonly verifyChecksum: boolean
}

/**
 * Compares a record batch's CRC32C with its bytes.
 * @throws SourceError SOURCE_CORRUPT when the batch is not what was written
 */
export function checkBatch(
  bytes: Buffer,
  header: BatchHeader,
  { topic, partition, verifyChecksum }: CheckedPartition,
): void {
  if (verifyChecksum && crc32c(bytes, header.at + checksummedFrom, header.end) !== header.crc) {
    throw batchDamaged(topic, partition, header.baseOffset, 'does not match its checksum')
  }
}
