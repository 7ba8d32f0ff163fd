import { createHash } from 'node:crypto'
import type { SourceRecord } from '../../sources/source.js'

/**
 * 63 bits that tell one record from another at the same offset: over Kafka's timestamp, key and value. Never 0, which
 * stands for "no record". Pure; no I/O.
 */
export function recordDigest(record: SourceRecord): bigint {
  const hash = createHash('sha256')
  const number = Buffer.alloc(16)
  // As a double, the largest timestamp is 2^63 and one too large for 64 bits.
  number.writeBigInt64LE(BigInt.asIntN(64, BigInt(record.timestamp)), 0)
  number.writeInt32LE(record.key?.length ?? -1, 8)
  number.writeInt32LE(record.value?.length ?? -1, 12)
  hash.update(number)
  if (record.key !== null) hash.update(record.key)
  if (record.value !== null) hash.update(record.value)
  return (hash.digest().readBigUInt64LE(0) >> 1n) | 1n
}
