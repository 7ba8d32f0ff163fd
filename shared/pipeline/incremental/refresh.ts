import type { DeltaTable, TableState } from '../../delta/index.js'
import { QueryError } from '../../query/index.js'
import type { StructType } from '../../types/index.js'
import { type Lake, type PieceBounds, PipelineError, untilCommitted } from '../lake/index.js'
import type { StepResult, StepRun } from '../step/index.js'
import { withCarriedColumns } from './carriedColumns.js'
import { commitRows } from './commitRows.js'
import { type Cursor, readCursor } from './cursor.js'
import type { Batch, Derivation } from './derivation.js'
import { expiredBefore } from './expiry.js'
import { type MicroBatch, planMicroBatch } from './microBatch.js'
import { type OpenedTable, openTable } from './openTable.js'
import { rowLossesOf } from './rowLoss.js'
import { snapshotOf, snapshotUpTo } from './snapshotOf.js'

/** How many times in a row other writers may win before a run gives up for now. */
const maxPlans = 8

/** The same for a commit whose rows depend on the source alone, and which is therefore only put on top again. */
const maxSwaps = 20

/**
 * One incremental run of a derived table: takes what the source has gained since the last one, up to its `piece`, and
 * commits the rows made of it together with the cursor. `more` in the result says that the bound was reached. Rows taken
 * out of the source make it replace all rows, in one commit.
 *
 * Other writers may be at work: whoever commits first wins, and the other throws its plan away and plans again.
 *
 * @throws PipelineError CONTENDED when others won every time; SOURCE_TABLE_CHANGED, SOURCE_VERSIONS_GONE when the cursor
 *   cannot go on; CONTRACT_INCOMPATIBLE
 */
export async function refresh(lake: Lake, run: StepRun, derivation: Derivation): Promise<StepResult> {
  const { path } = derivation.target.spec
  return untilCommitted(lake, path, maxPlans, async () => (await refreshOnce(lake, run, derivation)) ?? 'lost')
}

/**
 * Replaces all rows of a derived table by those made from its source as it is now, in one commit, which also puts the
 * cursor there: readers see the old rows or the new.
 *
 * @throws PipelineError CONTENDED when others won every time; NO_TABLE without a source; CONTRACT_INCOMPATIBLE
 */
export async function rebuildTable(lake: Lake, run: StepRun, derivation: Derivation): Promise<StepResult> {
  const result = await replaceAll(lake, run, derivation, 'asked for', 'swapAgain')
  if (result === undefined) throw contended(derivation)
  return result
}

function contended({ target }: Derivation): PipelineError {
  return new PipelineError('CONTENDED', `Other writers of ${target.spec.path} won every time.`, { retryable: true })
}

/** @returns undefined when another writer won and the plan is void */
async function refreshOnce(lake: Lake, run: StepRun, derivation: Derivation): Promise<StepResult | undefined> {
  const { source, target, piece, detail } = derivation
  const table = lake.table(source.path)
  const state = await table.state({ fresh: true })
  if (state === undefined) return nothingToDo(derivation)
  const opened = await openDerived(lake, derivation, state.schema)
  const names = { table: target.spec.path, source: source.path, rebuild: target.rebuiltBy }
  const cursor = readCursor(opened.state, state.metadata.id, names)
  if (cursor !== undefined && cursor.version > state.version) {
    // Another run has read what came since this one looked.
    const now = await table.state({ fresh: true })
    if (now !== undefined && now.version >= cursor.version) return undefined
  }
  const planned = await planBatch(table, state, cursor, { piece, rebuild: target.rebuiltBy })
  const isDue = planned.kind === 'nothing' && cursor !== undefined && (await target.isDue?.(opened)) === true
  const batch: MicroBatch = isDue
    ? { kind: 'files', files: [], lostDays: new Map(), rows: 0, next: cursor, runIds: [], more: false }
    : planned
  if (batch.kind === 'nothing') return nothingToDo(derivation)
  const why = batch.kind === 'recompute' ? batch.why : await target.outdated?.(opened)
  if (batch.kind === 'recompute' || why !== undefined) return replaceAll(lake, run, derivation, why ?? '', 'replan')
  const made = await derivation
    .apply(batchOf(table, state, opened, batch))
    .catch((error: unknown) => requireReplaced(table, batch, error))
  if (made === undefined) return replaceAll(lake, run, derivation, 'files that it had still to read are gone', 'replan')
  const { adds, replaces, info } = made
  const counts = { rowsIn: batch.rows, rowsOut: made.rows }
  const mode = replaces === undefined ? 'Append' : 'Update'
  const moved: { from: Cursor | undefined; to: Cursor } = { from: cursor, to: batch.next }
  const read = { source: state, runIds: batch.runIds }
  const commit = { mode, adds, removes: replaces ?? [], ...read, ...moved, counts, info } as const
  const outcome = await commitRows(lake, run, derivation, opened, commit)
  if (outcome.version === undefined) {
    lake.log.debug('The table moved while a run was at work; planning again.', {
      table: target.spec.path,
      detail: outcome.detail,
    })
    return undefined
  }
  return { ...counts, version: outcome.version, more: batch.more, detail: { ...detail, ...made.detail } }
}

/**
 * What a table has still to read may be gone where it did not follow its source before: its rows are in other files then.
 * @throws the error itself where a file is missing that the source still has, or it is of something else
 */
async function requireReplaced(
  source: DeltaTable,
  { files, more }: Extract<MicroBatch, { kind: 'files' }>,
  error: unknown,
): Promise<undefined> {
  if (!(error instanceof QueryError && error.code === 'QUERY_FILE_MISSING')) throw error
  const there = new Set((await source.snapshot())?.files.map(({ path }) => path))
  // Who is behind reads the source as it was, of which other files may be gone too.
  if (!more && files.every(({ path }) => there.has(path))) throw error
}

function batchOf(
  table: DeltaTable,
  source: TableState,
  target: OpenedTable,
  { files, rows, lostDays, next, more }: Extract<MicroBatch, { kind: 'files' }>,
): Batch {
  const snapshot = () => (more ? snapshotUpTo(table, next) : snapshotOf(table, source.version))
  return { source, target, files, rows, lostDays, firstDay: expiredBefore(target.state), next, snapshot }
}

/** Whoever begins where rows are lost for good begins with what is there: files of theirs may be gone. */
function planBatch(
  table: DeltaTable,
  state: TableState,
  cursor: Cursor | undefined,
  { piece, rebuild }: { readonly piece: PieceBounds; readonly rebuild: string },
): Promise<MicroBatch> {
  if (cursor === undefined && rowLossesOf(state) > 0n)
    return Promise.resolve({ kind: 'recompute', why: 'the source has lost rows for good' })
  return planMicroBatch(table, state.version, cursor, piece, rebuild)
}

/**
 * @param onConflict another writer's commit: give the work up, or, since it depends on the source alone, put it on top
 * @returns undefined when another writer won
 */
async function replaceAll(
  lake: Lake,
  run: StepRun,
  derivation: Derivation,
  why: string,
  onConflict: 'replan' | 'swapAgain',
): Promise<StepResult | undefined> {
  const { source, target } = derivation
  const whole = await lake.table(source.path).snapshot()
  const isStale = async () => {
    const now = await lake.table(source.path).state({ fresh: true })
    return whole === undefined || now === undefined || rowLossesOf(now) !== rowLossesOf(whole)
  }
  if (whole === undefined) {
    throw new PipelineError(
      'NO_TABLE',
      `There is no table ${source.path} to make ${target.spec.path} from. Run \`${source.madeBy}\` first.`,
    )
  }
  let opened = await openDerived(lake, derivation, whole.schema)
  const { keptFiles, wholeOf } = await import('./keptDays.js')
  const parts = await wholeOf(derivation, whole, opened)
  const { adds, rowsRead, rows, info, detail } = await derivation.rebuild(parts)
  const counts = { rowsIn: rowsRead, rowsOut: rows }
  const moved: { from: Cursor | undefined; to: Cursor } = { from: undefined, to: { version: whole.version, files: 0 } }
  for (let swap = 1; swap <= maxSwaps; swap++) {
    // Of rows that the source has lost for good meanwhile, those made of them must not come after those that are taken
    // out here. Asked once the table is opened: whoever takes them out from then on makes the commit a conflict.
    if (await isStale()) return onConflict === 'replan' ? undefined : replaceAll(lake, run, derivation, why, onConflict)
    const { removes, ...stays } = await keptFiles(derivation, parts, opened, lake.clock.now())
    const replaced = { mode: 'Overwrite', why, adds, removes, source: whole, ...moved, counts } as const
    const commit = { ...replaced, txns: stays.txns, info: { ...info, ...stays.info } }
    const { version } = await commitRows(lake, run, derivation, opened, commit)
    if (version !== undefined) {
      return { ...counts, version, detail: { ...derivation.detail, ...detail, recomputed: why } }
    }
    if (onConflict === 'replan') return undefined
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * swap))
    opened = await openDerived(lake, derivation, whole.schema)
  }
  return undefined
}

function openDerived(lake: Lake, { target }: Derivation, source: StructType): Promise<OpenedTable> {
  return openTable(lake, target.carriesColumns ? withCarriedColumns(target.spec, source) : target.spec)
}

function nothingToDo({ detail }: Derivation): StepResult {
  return { rowsIn: 0, rowsOut: 0, version: undefined, detail }
}
