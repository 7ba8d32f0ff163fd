import type { Action } from '../../delta/index.js'
import { cursorTxns, movesCursor, planMicroBatch, readCursor } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'

/** A table and the one it is made from. */
export interface Following {
  readonly path: string
  readonly source: string
  readonly rebuiltBy: string
}

const maxPlans = 20

/**
 * Moves a table's cursor to a version of its source, once it has read all rows up to there. What it would read no more
 * can then be cleaned up.
 *
 * @throws PipelineError ERASURE_UNFINISHED when rows are left to be read; CONTENDED
 */
export async function passTo(lake: Lake, { path, source, rebuiltBy }: Following, version: number): Promise<void> {
  const table = lake.table(path)
  for (let plan = 1; plan <= maxPlans; plan++) {
    const state = await table.state({ fresh: true })
    const from = await lake.table(source).state({ fresh: true })
    if (state === undefined || from === undefined) return
    const cursor = readCursor(state, from.metadata.id, { table: path, source, rebuild: rebuiltBy })
    // Without a cursor it begins with a snapshot, which needs no older version.
    if (cursor === undefined || cursor.version >= version) return
    const batch = await planMicroBatch(lake.table(source), version, cursor, { rows: 1, bytes: 1 }, rebuiltBy)
    if (batch.kind !== 'nothing') {
      throw new PipelineError(
        'ERASURE_UNFINISHED',
        `${path} has not read ${source} up to the erasure, so what it still needs of it cannot be deleted. Run the erasure again.`,
        { retryable: true, data: { table: path, source } },
      )
    }
    const to = { version, files: 0 }
    const txns = cursorTxns(state, from.metadata.id, to, lake.clock.now())
    const outcome = await table.commit({
      readVersion: state.version,
      actions: txns.map((txn): Action => ({ txn })),
      operation: 'STREAMING UPDATE',
      operationParameters: { outputMode: 'Append', source },
      isBlindAppend: true,
      reads: { files: 'none', appIds: movesCursor(state) },
    })
    if (outcome.kind === 'committed') return
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * plan))
  }
  throw new PipelineError('CONTENDED', `Other writers of ${path} won every time.`, { retryable: true })
}
