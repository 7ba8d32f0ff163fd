import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { openSession } from '../lake/index.js'
import { loadQuarantined } from './quarantinedRecords.js'
import type { QuarantineFilter } from './quarantineFilter.js'

/** Records that are in quarantine for one reason and field. */
export interface QuarantineGroup {
  readonly stream: string
  /** `_error_code`. */
  readonly reason: string
  /** `_error_path`. */
  readonly field: string
  readonly count: number
  /** Microseconds: when the first and the last of them were ingested. */
  readonly firstSeen: bigint
  readonly lastSeen: bigint
  /** The last of them. */
  readonly example: { readonly partition: number; readonly offset: bigint; readonly message: string }
}

/** What is in quarantine, most first. */
export async function quarantineGroups(
  lake: Lake,
  stream: Stream,
  filter: QuarantineFilter = {},
): Promise<readonly QuarantineGroup[]> {
  await using session = await openSession(lake)
  const found = await loadQuarantined(session, lake, stream, filter, ['_error_message'])
  if (found === undefined) return []
  const last = (column: string) => `arg_max(${column}, n)`
  const { rows } = await session.query(`
    SELECT _error_code AS reason, coalesce(_error_path, '') AS field, count(*) AS count,
      min(epoch_us(_ingested_at)) AS first_seen, max(epoch_us(_ingested_at)) AS last_seen,
      ${last('_partition')} AS p, ${last('_offset')} AS o, ${last("coalesce(_error_message, '')")} AS message
    FROM ${found.rows.name} GROUP BY ALL ORDER BY count DESC, reason, field`)
  return rows.map(row => ({
    stream: stream.name,
    reason: row['reason'] as string,
    field: row['field'] as string,
    count: Number(row['count']),
    firstSeen: row['first_seen'] as bigint,
    lastSeen: row['last_seen'] as bigint,
    example: { partition: row['p'] as number, offset: row['o'] as bigint, message: row['message'] as string },
  }))
}
