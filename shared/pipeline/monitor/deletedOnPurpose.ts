import { type Action, commitInfoOf, type DeltaTable, liveRowCount } from '../../delta/index.js'
import { asObject } from '../../types/index.js'

/** Under which names the engines say how many rows an operation has deleted. */
const metrics = ['numDeletedRows', 'numTargetRowsDeleted']

/**
 * How many rows a commit deleted because somebody asked for it: a DELETE, MERGE, TRUNCATE or overwrite, not one of the
 * pipeline's own commits. Its metrics say so; where they do not, the statistics of the files before and after it.
 *
 * @returns 0 for any other commit, and where neither says so: the rows then count as lost
 */
export async function deletedOnPurpose(
  table: DeltaTable,
  version: number,
  actions: readonly Action[],
): Promise<number> {
  const info = commitInfoOf(actions)
  if (info === undefined || asObject(info['lake']) !== undefined) return 0
  if (!actions.some(action => 'remove' in action && action.remove.dataChange)) return 0
  const { operation } = info
  const overwrites = operation === 'WRITE' && asObject(info['operationParameters'])?.['mode'] === 'Overwrite'
  if (operation !== 'DELETE' && operation !== 'MERGE' && operation !== 'TRUNCATE' && !overwrites) return 0
  const reported = asObject(info['operationMetrics'])
  const metric = metrics.map(name => reported?.[name]).find(value => value !== undefined && value !== null)
  if (metric !== undefined) return Number(metric)
  const [before, after] = await Promise.all(
    [version - 1, version].map(async of => liveRowCount((await table.snapshot({ version: of }))?.files ?? [])),
  )
  return before === undefined || after === undefined || after > before ? 0 : Number(before - after)
}
