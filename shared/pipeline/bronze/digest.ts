import { createHash } from 'node:crypto'

import { maxPartBytes, type SourceRecord } from '../../sources/index.js'

/**
 * 63 bits that distinguish one record from another at the same offset: over Kafka's timestamp, key and value. Never 0, which
 * stands for "no record".
 */
export function recordDigest(record: SourceRecord): bigint {
  const hash = createHash('sha256')
  const number = Buffer.alloc(16)
  // As a double, the largest timestamp is 2^63 and one too large for 64 bits.
  number.writeBigInt64LE(BigInt.asIntN(64, BigInt(record.timestamp)), 0)
  const parts = [partOf(record, 'key'), partOf(record, 'value')] as const
  number.writeInt32LE(parts[0]?.size ?? -1, 8)
  number.writeInt32LE(parts[1]?.size ?? -1, 12)
  hash.update(number)
  for (const part of parts) if (part !== undefined) hash.update(part.bytes)
  return (hash.digest().readBigUInt64LE(0) >> 1n) | 1n
}

/** Of a part that no source keeps, the digest stands for the bytes, also where a trigger brought them all. */
function partOf(
  record: SourceRecord,
  name: 'key' | 'value',
): { readonly size: number; readonly bytes: Uint8Array } | undefined {
  const oversized =
    record.defect?.kind === 'oversized' ? record.defect.parts.find(({ part }) => part === name) : undefined
  if (oversized !== undefined) return { size: oversized.size | 0, bytes: Buffer.from(oversized.sha256, 'hex') }
  const bytes = record[name]
  if (bytes === null) return undefined
  return {
    size: bytes.length,
    bytes: bytes.length > maxPartBytes ? createHash('sha256').update(bytes).digest() : bytes,
  }
}
