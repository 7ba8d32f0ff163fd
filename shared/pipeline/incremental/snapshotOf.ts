import type { DeltaTable, Snapshot } from '../../delta/index.js'
import { PipelineError } from '../lake/index.js'
import type { Cursor } from './cursor.js'
import { newDataFiles } from './microBatch.js'

/** The table at that version. @throws PipelineError NO_TABLE when it is gone */
export async function snapshotOf(table: DeltaTable, version: number): Promise<Snapshot> {
  const snapshot = await table.snapshot({ version })
  if (snapshot === undefined) throw new PipelineError('NO_TABLE', `Table ${table.url} is gone.`, { retryable: true })
  return snapshot
}

/**
 * The table's rows up to a cursor: what a run that takes on a part of what is new may make rows of. Those behind it are
 * taken in by later runs, which would count them again.
 *
 * @throws PipelineError NO_TABLE when it is gone
 */
export async function snapshotUpTo(table: DeltaTable, { version, files }: Cursor): Promise<Snapshot> {
  const whole = await snapshotOf(table, Math.max(0, version))
  if (version >= 0 && files === 0) return whole
  const read = []
  for await (const { actions } of table.commitFiles(version + 1, version + 1))
    read.push(...newDataFiles(actions).slice(0, files))
  return { ...whole, files: [...(version < 0 ? [] : whole.files), ...read] }
}
