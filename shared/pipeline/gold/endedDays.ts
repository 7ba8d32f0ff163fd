import { isDeepStrictEqual } from 'node:util'

import type { Stream } from '../../contract/index.js'
import type { AddFile, DeltaTable } from '../../delta/index.js'
import { dayMs } from '../../types/index.js'
import type { OpenedTable } from '../incremental/index.js'

/** What a drift table was last found to have no ended day in: its files are listed again when either has changed. */
interface Searched {
  readonly tableId: string
  readonly version: number
  readonly daysOver: number
}

const searched = new WeakMap<DeltaTable, Searched>()

/** When all of a day's events have come, late ones too. Milliseconds. */
export function endOf(stream: Stream, day: string): number {
  return Date.parse(day) + dayMs + stream.allowedLatenessMs
}

/** The day that a file of a drift table is of. */
export const dateOf = (file: AddFile) => file.partitionValues['_window_date'] ?? ''

/**
 * Files of days that were not over when the drift table was last written, and are now.
 * @param now milliseconds
 */
export async function endedFiles(
  stream: Stream,
  { table, state }: OpenedTable,
  now: number,
): Promise<readonly AddFile[]> {
  const daysOver = (at: number) => Math.floor((at - stream.allowedLatenessMs) / dayMs)
  if (daysOver(now) <= daysOver(state.timestamp)) return []
  const { version } = state
  const search = { tableId: state.metadata.id, version, daysOver: daysOver(now) }
  const before = searched.get(table)
  if (before !== undefined && isDeepStrictEqual(before, search)) return []
  const files = (await table.snapshot({ version }))?.files ?? []
  const ended = files.filter(file => {
    const end = endOf(stream, dateOf(file))
    return end > state.timestamp && end <= now
  })
  if (ended.length === 0) searched.set(table, search)
  return ended
}
