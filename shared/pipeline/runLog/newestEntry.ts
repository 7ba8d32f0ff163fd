import { commitInfoOf, DeltaError, type DeltaTable, type TableState } from '../../delta/index.js'
import { asObject } from '../../types/index.js'

/** How far back an entry is looked for: other commits (compaction) may have come after it, but not that many. */
const farthest = 200

/** What the newest commit that has it says under `commitInfo.lake.<name>`; undefined when none does. */
export async function newestEntry(
  table: DeltaTable,
  state: TableState,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  for (let version = state.version; version > Math.max(0, state.version - farthest); version--) {
    try {
      for await (const { actions } of table.commitFiles(version, version)) {
        const entry = asObject(asObject(commitInfoOf(actions)?.['lake'])?.[name])
        if (entry !== undefined) return entry
      }
    } catch (error) {
      // Log clean-up has been here; what is older is gone as well.
      if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return undefined
      throw error
    }
  }
  return undefined
}
