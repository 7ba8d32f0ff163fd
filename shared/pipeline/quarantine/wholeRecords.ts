import type { Stream } from '../../contract/index.js'
import type { Row } from '../../types/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { placeOf, type RecordPlace } from '../outcomes/index.js'
import { loadQuarantined, slicesOf, sliceSql } from './quarantinedRecords.js'
import type { QuarantineFilter } from './quarantineFilter.js'

/** A quarantined record with all that bronze keeps of it. */
export interface WholeRecord extends RecordPlace {
  /** Microseconds; Kafka's timestamp, null when it is none. */
  readonly timestamp: bigint | null
  /** Microseconds. */
  readonly ingestedAt: bigint
  readonly reason: string
  readonly field: string
  readonly message: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** In order, repeats kept. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
}

/** Columns of bronze that a whole record is made of, beside its lineage. */
export const wholeColumns = [
  '_timestamp',
  '_ingested_at',
  '_error_code',
  '_error_path',
  '_error_message',
  '_key',
  '_value',
  '_headers',
] as const

/** Bytes of values that are held at once. */
const sliceBytes = 64 * 2 ** 20
const sliceRecords = 1_000

/** The records in quarantine, whole, in the order in which they came. */
export async function* wholeRecords(
  lake: Lake,
  stream: Stream,
  filter: QuarantineFilter = {},
): AsyncGenerator<WholeRecord> {
  await using session = await openSession(lake)
  const found = await loadQuarantined(session, lake, stream, filter, wholeColumns)
  if (found === undefined) return
  for (const slice of await slicesOf(found.rows, sliceBytes, sliceRecords)) {
    const { rows } = await session.query(sliceSql(found.rows, slice))
    for (const row of rows) yield wholeRecord(row)
  }
}

/** A row with the {@link wholeColumns} as a record. */
export function wholeRecord(row: Row): WholeRecord {
  return {
    ...placeOf(row),
    timestamp: row['_timestamp'] as bigint | null,
    ingestedAt: row['_ingested_at'] as bigint,
    reason: row['_error_code'] as string,
    field: (row['_error_path'] ?? '') as string,
    message: (row['_error_message'] ?? '') as string,
    key: row['_key'] as Uint8Array | null,
    value: row['_value'] as Uint8Array | null,
    headers: headersOf(row['_headers'] as string | null),
  }
}

function headersOf(text: string | null): WholeRecord['headers'] {
  if (text === null) return []
  const list = JSON.parse(text) as readonly (readonly [string, string | null])[]
  return list.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')] as const)
}
