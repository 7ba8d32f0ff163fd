import { type Action, type AddFile, commitInfoOf, DeltaError, type DeltaTable } from '../../delta/index.js'
import { mostLinks } from '../../telemetry/index.js'
import { asObject } from '../../types/index.js'
import { type PieceBounds, PipelineError } from '../lake/index.js'
import { atBeginning, type Cursor } from './cursor.js'
import { PieceFill } from './filePieces.js'
import { rowLossOf } from './rowLoss.js'

/** What one run reads of its source. */
export type MicroBatch =
  | {
      readonly kind: 'files'
      /** In the order of the log. */
      readonly files: readonly AddFile[]
      /** Rows in the files, by their statistics. */
      readonly rows: number
      /** Days of event time that have lost rows for good; see `RowLoss`. */
      readonly lostDays: ReadonlyMap<string, number>
      /** The cursor once they are read. */
      readonly next: Cursor
      /** The runs that wrote them, by their ids; of many the last. */
      readonly runIds: readonly string[]
      /** Whether the source has more than this run's bounds allow. */
      readonly more: boolean
    }
  /** Rows were taken out of the source, or its log begins too late: only its newest snapshot has all its rows. */
  | { readonly kind: 'recompute'; readonly why: string }
  | { readonly kind: 'nothing' }

/**
 * What has been added since the cursor, within the bounds but at least one file. Files that only rearrange rows
 * (compaction) are passed over, and so are commits of rows that are lost for good.
 *
 * @param tip the source's newest version
 * @param rebuild the command that starts again from what is there
 * @throws PipelineError SOURCE_VERSIONS_GONE when log clean-up overtook the cursor
 */
export async function planMicroBatch(
  source: DeltaTable,
  tip: number,
  cursor: Cursor | undefined,
  bounds: PieceBounds,
  rebuild: string,
): Promise<MicroBatch> {
  let { version, files: skip } = cursor ?? atBeginning
  if (version > tip) throw versionsGone(source, version + 1, rebuild, `its newest version is ${tip}`)
  const files: AddFile[] = []
  const lostDays = new Map<string, number>()
  const runIds = new Set<string>()
  const fill = new PieceFill(bounds)
  let passes = false
  const batch = (next: Cursor, more: boolean): MicroBatch => ({
    kind: 'files',
    files,
    rows: fill.rows,
    lostDays,
    next,
    runIds: [...runIds].slice(-mostLinks),
    more,
  })
  try {
    for await (const commit of source.commitFiles(version + 1, tip)) {
      const removed = commit.actions.some(action => 'remove' in action && action.remove.dataChange)
      const loss = rowLossOf(commit.actions)
      if (removed && loss === undefined)
        return { kind: 'recompute', why: `version ${commit.version} of the source took rows away` }
      // What comes back may be there already, made of the same rows before.
      if (commitInfoOf(commit.actions)?.operation === 'RESTORE')
        return { kind: 'recompute', why: `version ${commit.version} of the source brought rows back` }
      for (const [day, lost] of loss?.days ?? []) lostDays.set(day, (lostDays.get(day) ?? 0) + lost)
      passes ||= loss !== undefined
      const added = loss === undefined ? newDataFiles(commit.actions) : []
      for (; skip < added.length; skip++) {
        const file = added[skip] as AddFile
        if (!fill.take(file)) return batch({ version, files: skip }, true)
        files.push(file)
        runIds.add(runIdOf(commit.actions))
      }
      version = commit.version
      skip = 0
    }
  } catch (error) {
    if (!(error instanceof DeltaError) || error.code !== 'DELTA_VERSION_GAP') throw error
    if (cursor === undefined && files.length === 0) {
      return { kind: 'recompute', why: 'the log of the source no longer reaches back to its first version' }
    }
    throw versionsGone(source, version + 1, rebuild, 'log clean-up deleted it', error)
  }
  if (files.length === 0 && !passes) return { kind: 'nothing' }
  return batch({ version, files: 0 }, false)
}

/** The run that made a commit; empty for one of somebody else's. */
function runIdOf(actions: readonly Action[]): string {
  const runId = asObject(asObject(commitInfoOf(actions)?.['lake'])?.['run'])?.['runId']
  return typeof runId === 'string' ? runId : ''
}

/** The files that a commit adds and that hold new rows, in the order of its log entry. */
export function newDataFiles(actions: readonly Action[]): readonly AddFile[] {
  return actions.flatMap(action => ('add' in action && action.add.dataChange ? [action.add] : []))
}

function versionsGone(
  source: DeltaTable,
  version: number,
  rebuild: string,
  why: string,
  cause?: unknown,
): PipelineError {
  return new PipelineError(
    'SOURCE_VERSIONS_GONE',
    `Version ${version} of ${source.url} is to be read next, but ${why}. Run \`${rebuild}\` to start again from what is there.`,
    { cause, data: { source: source.url, version } },
  )
}
