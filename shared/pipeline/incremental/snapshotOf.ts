import type { DeltaTable, Snapshot } from '../../delta/index.js'
import { PipelineError } from '../lake/index.js'

/** The table at that version. @throws PipelineError NO_TABLE when it is gone */
export async function snapshotOf(table: DeltaTable, version: number): Promise<Snapshot> {
  const snapshot = await table.snapshot({ version })
  if (snapshot === undefined) throw new PipelineError('NO_TABLE', `Table ${table.url} is gone.`, { retryable: true })
  return snapshot
}
