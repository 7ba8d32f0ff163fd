import { readCheckpointHint } from '../checkpoint/index.js'
import type { DeltaTable } from './table.js'

/**
 * Writes a checkpoint once the table is as many commits past its last one as its `delta.checkpointInterval` says.
 *
 * @param defaultInterval commits, where the property says nothing that can be understood
 * @returns whether one was written
 */
export async function checkpointIfDue(table: DeltaTable, defaultInterval: number): Promise<boolean> {
  const state = await table.state({ fresh: true })
  if (state === undefined) return false
  const last = (await readCheckpointHint(table.store))?.version ?? -1
  const interval = checkpointInterval(state.metadata.configuration) ?? defaultInterval
  return state.version - last >= interval && (await table.writeCheckpoint()).kind === 'written'
}

/**
 * After how many commits the table is to have a checkpoint (`delta.checkpointInterval`); undefined where the property is
 * absent or is no whole number of 1 or more.
 */
export function checkpointInterval(configuration: Readonly<Record<string, string>>): number | undefined {
  const commits = Number(configuration['delta.checkpointInterval'] ?? 0)
  return Number.isSafeInteger(commits) && commits >= 1 ? commits : undefined
}
