import { DuckDbSession } from '../query/duckdbSession.js'
import type { Lake } from './lake.js'

/** A DuckDB of its own for one run, bounded by the settings: memory, and what it may spill. */
export function openSession({ settings }: Pick<Lake, 'settings'>): Promise<DuckDbSession> {
  return DuckDbSession.open({ memoryLimit: settings.silverMemoryLimit, temporaryFolder: settings.tempFolder, temporaryLimit: settings.tempLimit })
}
