import { bronzePath, type Stream } from '../../contract/index.js'
import { scanRows } from '../../delta/index.js'
import type { SourceRecord } from '../../sources/index.js'
import type { Value } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { PartitionProgress } from './progress.js'

const columns = [
  '_partition',
  '_offset',
  '_topic',
  '_generation',
  '_timestamp',
  '_error_code',
  '_key',
  '_value',
] as const

/**
 * Compares records of a topic, in offset order, with the rows that bronze has of them. Rows that were deleted on
 * purpose, and what a row does not keep in full, prove nothing.
 */
export async function compareStored(
  lake: Lake,
  stream: Stream,
  known: PartitionProgress,
  records: readonly SourceRecord[],
): Promise<'same' | 'otherRecord' | 'nothingToCompare'> {
  const table = lake.table(bronzePath(stream))
  const snapshot = await table.snapshot()
  const first = records[0]?.offset
  const last = records.at(-1)?.offset
  if (snapshot === undefined || first === undefined || last === undefined) return 'nothingToCompare'
  const byOffset = new Map(records.map(record => [record.offset, record]))
  const scan = scanRows(table.store, snapshot, {
    columns,
    predicate: {
      op: 'and',
      of: [
        { op: '=', column: '_partition', value: known.partition },
        { op: '>=', column: '_offset', value: first },
        { op: '<=', column: '_offset', value: last },
      ],
    },
  })
  let compared = false
  for await (const batch of scan.batches) {
    const [partitions, offsets, topics, generations, timestamps, errors, keys, values] = batch.columns
    for (let row = 0; row < batch.rows; row++) {
      const record = byOffset.get(offsets?.[row] as bigint)
      if (record === undefined || partitions?.[row] !== known.partition) continue
      if (generations?.[row] !== known.generation || topics?.[row] !== stream.topic) continue
      const timestamp = timestamps?.[row] as bigint | null
      if (timestamp !== null && timestamp !== BigInt(record.timestamp) * 1000n) return 'otherRecord'
      // A row with an error may keep less than the record's bytes.
      const isWhole = errors?.[row] === null
      if (isWhole && !(sameBytes(keys?.[row], record.key) && sameBytes(values?.[row], record.value)))
        return 'otherRecord'
      compared = true
    }
  }
  return compared ? 'same' : 'nothingToCompare'
}

function sameBytes(stored: Value | undefined, bytes: Uint8Array | null): boolean {
  if (bytes === null) return stored === null
  return stored instanceof Uint8Array && Buffer.compare(stored, bytes) === 0
}
