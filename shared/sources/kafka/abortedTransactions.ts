/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import { attributeBits, type BatchHeader, headerSize } from './recordBatch.js'

/** A transaction that was aborted, as a fetch reports it. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

/**
 * The batches of a read_committed fetch whose records count: neither markers nor parts of aborted transactions. A
 * transaction's abort lasts from its first offset to its producer's next abort marker.
 */
export function* committedBatches(
  bytes: Buffer,
  headers: readonly BatchHeader[],
  aborted: readonly AbortedTransaction[],
): Generator<BatchHeader> {
  const coming = aborted.toSorted((a, b) =>
    a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0,
  )
  const open = new Set<bigint>()
  let next = 0
  for (const header of headers) {
    for (
      let first = coming[next];
      first !== undefined && first.firstOffset <= header.lastOffset;
      first = coming[++next]
    ) {
      open.add(first.producerId)
    }
    if (header.attributes & attributeBits.control) {
      if (isAbortMarker(bytes, header)) open.delete(header.producerId)
    } else if (!(header.attributes & attributeBits.transactional && open.has(header.producerId))) {
      yield header
    }
  }
}

/** A marker's record has the key (version int16, type int16); type 0 is an abort. Markers are never compressed. */
function isAbortMarker(bytes: Buffer, header: BatchHeader): boolean {
  if (header.recordCount < 1) return false
  let at = header.at + headerSize
  const skipVarint = (): void => {
    while (bytes[at++]! >= 0x80);
  }
  skipVarint() // length
  at++ // attributes
  skipVarint() // timestamp delta
  skipVarint() // offset delta
  skipVarint() // key length
  return bytes.readInt16BE(at + 2) === 0
}
