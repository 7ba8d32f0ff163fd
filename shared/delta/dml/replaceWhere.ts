import { DeltaError, type LogPlace } from '../deltaError.js'
import type { Snapshot } from '../snapshot/index.js'
import { type Condition, decodedRows, rowText, type SourceFilesOptions, type WriteOptions } from '../write/index.js'
import { rowCondition } from './rowCondition.js'

/**
 * A check that new rows meet the condition by which old ones are deleted.
 *
 * @throws DeltaError DELTA_BAD_ROWS, when rows are checked, for one that does not
 */
export async function conditionCheck(
  where: Condition,
  snapshot: Snapshot,
  { expressions }: WriteOptions,
  place: LogPlace,
): Promise<SourceFilesOptions['check']> {
  const condition = await rowCondition(where, snapshot, { expressions, url: place.table ?? '' })
  return async (stored, rowsBefore) => {
    if (stored.count === 0) return
    const rows = decodedRows(stored)
    const row = (await condition.test(rows)).indexOf(0)
    if (row < 0) return
    throw new DeltaError(
      'DELTA_BAD_ROWS',
      `row ${rowsBefore + row + 1} of those written does not meet the condition ${String(condition.text)} by which rows are replaced: ${rowText(rows, row)}`,
      {
        where: place,
        data: { row: rowsBefore + row + 1 },
      },
    )
  }
}
