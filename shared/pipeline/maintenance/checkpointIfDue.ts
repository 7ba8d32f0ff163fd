import { checkpointInterval, type DeltaTable, readCheckpointHint } from '../../delta/index.js'

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
