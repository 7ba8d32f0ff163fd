import {
  bronzePath,
  driftPath,
  resolvedPath,
  scoredPath,
  silverPath,
  type Stream,
  summaryCounts,
  summaryPath,
} from '../../contract/index.js'
import type { Snapshot } from '../../delta/index.js'
import { eventDate, sumOfColumns } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { expireBronze } from './expireBronze.js'
import { type AgingTable, expireDays, type ExpiredRows } from './expireDays.js'
import { expireOutcomes, settleExpired } from './expireOutcomes.js'
import { unreadBy } from './followers.js'

/**
 * Removes the rows of one of a stream's tables whose time is over by the contract, in one commit. Called again after it
 * was killed, or while another is at work, it removes what is left; each row is counted once.
 *
 * @returns undefined when there is nothing to remove
 * @throws PipelineError CONTENDED when other writers won every time
 */
export async function expireRows(lake: Lake, stream: Stream, path: string): Promise<ExpiredRows | undefined> {
  if (path === bronzePath(stream)) return expireBronze(lake, stream)
  if (path === resolvedPath(stream)) {
    await settleExpired(lake, stream)
    return expireOutcomes(lake, stream)
  }
  const aging = agingTable(lake, stream, path)
  return aging === undefined ? undefined : expireDays(lake, aging)
}

function agingTable(lake: Lake, stream: Stream, path: string): AgingTable | undefined {
  const { silver, scored, summary, drift } = stream.retention
  const table = lake.table(path)
  const of = (
    retainMs: number | undefined,
    dayColumn: string,
    more: Partial<AgingTable> = {},
  ): AgingTable | undefined =>
    retainMs === undefined
      ? undefined
      : {
          path,
          dayColumn,
          retainMs,
          layer: 'gold',
          unreadBy: (state: Snapshot, firstDay) => unreadBy(lake, stream, path, { table, state, dayColumn, firstDay }),
          ...more,
        }
  switch (path) {
    case silverPath(stream):
      return of(silver, eventDate, { layer: 'silver' })
    case scoredPath(stream):
      return of(scored, eventDate)
    case summaryPath(stream):
      return of(summary, '_window_date', { count: (state, files) => sumOfColumns(table, state, files, summaryCounts) })
    case driftPath(stream):
      return of(drift, '_window_date')
    default:
      return undefined
  }
}
