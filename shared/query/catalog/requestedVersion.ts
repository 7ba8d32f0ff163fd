import type { DeltaTable } from '../../delta/index.js'
import { parseSparkTimestamp } from '../../types/index.js'
import { QueryError } from '../duckdb/index.js'
import { noTable } from './catalogName.js'
import type { TimeTravel } from './tableReferences.js'

/**
 * The version that a query asks for; undefined for the newest.
 *
 * @param name of the table, for errors
 * @throws QueryError QUERY_BAD_SQL, QUERY_NO_TABLE
 */
export async function requestedVersion(
  table: DeltaTable,
  name: string,
  at: TimeTravel | undefined,
): Promise<number | undefined> {
  if (at === undefined) return undefined
  if ('version' in at) return at.version
  const micros = parseSparkTimestamp(at.timestamp)
  if (micros === undefined) {
    throw new QueryError(
      'QUERY_BAD_SQL',
      `"${at.timestamp}" is no time: say 2025-04-01T12:00:00Z, "2025-04-01 12:00:00" or 2025-04-01.`,
    )
  }
  const found = await table.versionAt(Math.floor(Number(micros) / 1_000))
  if (found === undefined) throw noTable(name)
  return found
}
