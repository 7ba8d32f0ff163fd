import type { Stream } from '../../contract/index.js'
import { listLog, maxTipAgeMs } from '../../delta/index.js'
import { cleanLog, vacuumTable } from '../../delta/maintenance/index.js'
import { dropKeyIndex } from '../keyIndex/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { ConsumerPositions } from '../maintenance/index.js'
import { runMonitor } from '../monitor/index.js'
import type { ErasedTable } from './erasureReport.js'

/** A table whose older versions are to go, and the checkpoint that replaces them. */
export interface Ending {
  readonly path: string
  readonly checkpoint: number
}

/** A file that no version names and that is older belongs to nobody who is still at work. Milliseconds. */
const unnamedMs = 3_600_000

/**
 * Once so long has passed no writer that is at work can take the version of a commit which is deleted for one that is
 * free. Milliseconds.
 */
const settledMs = 2 * maxTipAgeMs

/** How many times the monitor is asked to look: another run of it may have begun before. */
const maxLooks = 10

/** Writes the checkpoint that is to replace what came before. @returns its version; undefined when there is no table */
export async function checkpointNow(lake: Lake, path: string): Promise<Ending | undefined> {
  const outcome = await lake.table(path).writeCheckpoint()
  return outcome.kind === 'noTable' ? undefined : { path, checkpoint: outcome.version }
}

/**
 * Deletes what older versions of the tables consist of: their files, and the log up to the checkpoints, once no writer can
 * be behind them. The monitor counts what they say before.
 *
 * @throws PipelineError ERASURE_UNFINISHED naming what holds an older version
 */
export async function endHistory(
  lake: Lake,
  stream: Stream,
  endings: readonly Ending[],
): Promise<readonly Omit<ErasedTable, 'rows' | 'filesRewritten'>[]> {
  await lake.clock.sleep(settledMs)
  const positions = await positionsBehind(lake, stream, endings)
  const ended: Omit<ErasedTable, 'rows' | 'filesRewritten'>[] = []
  for (const { path, checkpoint } of endings) {
    const table = lake.table(path)
    const state = await table.state({ fresh: true })
    if (state === undefined) continue
    const lowWatermark = await positions.lowWatermark(path, state, stream)
    const vacuumed = await vacuumTable(table, {
      clock: lake.clock,
      onlyNewest: { unnamedMs },
      log: false,
      lowWatermark,
    })
    await dropKeyIndex(table)
    const cleaned = await cleanLog(table, { retentionMs: 0, lowWatermark, force: true })
    const oldest = Math.min(...(await listLog(table.store)).commits.keys())
    if (oldest < checkpoint) throw held(path, `its log still begins with version ${oldest}`)
    ended.push({
      path,
      filesDeleted: vacuumed.kind === 'vacuumed' ? vacuumed.files : 0,
      bytesDeleted: vacuumed.kind === 'vacuumed' ? vacuumed.bytes : 0,
      filesUnnamed: vacuumed.kind === 'vacuumed' ? (vacuumed.unnamed ?? 0) : 0,
      logFilesDeleted: cleaned.kind === 'cleaned' ? cleaned.files : 0,
    })
  }
  return ended
}

/** Where the tables' followers stand, once they are all behind the checkpoints. */
async function positionsBehind(lake: Lake, stream: Stream, endings: readonly Ending[]): Promise<ConsumerPositions> {
  for (let look = 1; ; look++) {
    const [report] = await runMonitor(lake, 'command')
    const positions = await ConsumerPositions.read(lake)
    const behind: string[] = []
    for (const { path, checkpoint } of endings) {
      const state = await lake.table(path).state({ fresh: true })
      if (state !== undefined && (await positions.lowWatermark(path, state, stream)) < checkpoint) behind.push(path)
    }
    if (behind.length === 0) return positions
    if (look === maxLooks) {
      const why = report?.error === undefined ? 'its followers have not read it up to there' : report.error.message
      throw held(behind.join(', '), why)
    }
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * look))
  }
}

function held(path: string, why: string): PipelineError {
  return new PipelineError(
    'ERASURE_UNFINISHED',
    `The rows are erased, but older versions of ${path} are still there: ${why}. Run the erasure again.`,
    { retryable: true, data: { table: path } },
  )
}
