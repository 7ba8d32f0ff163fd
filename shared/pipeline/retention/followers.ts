import { bronzePath, driftPath, scoredPath, silverPath, type Stream } from '../../contract/index.js'
import { summaryPath } from '../../contract/index.js'
import type { AddFile, DeltaTable, TableState } from '../../delta/index.js'
import { isBefore, isOver, newDataFiles, readCursor, rowLossOf } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'

/** The tables that are made from one of a stream's. */
export function followersOf(stream: Stream, path: string): readonly string[] {
  const made = {
    [bronzePath(stream)]: [silverPath(stream)],
    [silverPath(stream)]: [scoredPath(stream)],
    [scoredPath(stream)]: [summaryPath(stream), driftPath(stream)],
  }
  return made[path] ?? []
}

/** Rows that are about to be removed for their age. */
export interface EndingDays {
  readonly table: DeltaTable
  readonly state: TableState
  readonly dayColumn: string
  readonly firstDay: number
}

/**
 * Which table has still to read rows of days before `firstDay`, or that keys were erased there: they stay until it has.
 * Whoever made it anew out of what is left would lack them.
 *
 * @returns its path; undefined when none has, or none is there
 */
export async function unreadBy(
  lake: Lake,
  stream: Stream,
  path: string,
  ending: EndingDays,
): Promise<string | undefined> {
  for (const follower of followersOf(stream, path)) if (await hasUnread(lake, follower, path, ending)) return follower
  return undefined
}

async function hasUnread(lake: Lake, follower: string, path: string, ending: EndingDays): Promise<boolean> {
  const { table, state, dayColumn, firstDay } = ending
  const made = await lake.table(follower).state({ fresh: true })
  if (made === undefined) return false
  const isOld = (file: AddFile) => isBefore(file, dayColumn, firstDay)
  const isOldDay = (text: string) => isOver(text, firstDay)
  try {
    const cursor = readCursor(made, state.metadata.id, { table: follower, source: path, rebuild: 'lake rebuild' })
    if (cursor === undefined) return true
    for await (const { actions } of table.commitFiles(cursor.version + 1, state.version))
      if (newDataFiles(actions).some(isOld) || [...(rowLossOf(actions)?.days.keys() ?? [])].some(isOldDay)) return true
    return false
  } catch (error) {
    // Made from another table: it is to be rebuilt from what is there, and reads on in no case.
    if (error instanceof PipelineError && error.code === 'SOURCE_TABLE_CHANGED') return false
    throw error
  }
}
