import { scoredPath, type Stream, summaryGroupName, summaryTable } from '../../contract/index.js'
import { type Action, removedFile } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import {
  commitSwap,
  cursorTxns,
  movesCursor,
  type OpenedTable,
  openTable,
  planMicroBatch,
  readCursor,
  sourceJson,
} from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { runStep, type StepReport, type StepResult, type StepRun } from '../step/index.js'
import { type GoldOptions, maxPlans, maxRowsOf, rebuildCommand } from './goldOptions.js'
import { bytesOf, contended, nothingToDo } from './score.js'
import { type Summarised, summariseWindows } from './summariseRows.js'

/**
 * One run of the summary: computes the windows that gained scored rows since the last one, each from all of its rows, and
 * replaces them by one commit together with the cursor. What it computes does not depend on what was there, so a run
 * that is repeated changes nothing.
 *
 * @throws never: what goes wrong is in the report
 */
export function summariseScored(lake: Lake, stream: Stream, options: GoldOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'timer' }
  return runStep(lake, about, async run => {
    for (let plan = 1; plan <= maxPlans; plan++) {
      const result = await summariseOnce(lake, stream, run, options)
      if (result !== undefined) return result
      await lake.clock.sleep(Math.random() * 100 * plan)
    }
    throw contended(summaryTable(stream).path)
  })
}

/** Makes the summary anew from all scored rows, and swaps it in by one commit. */
export function rebuildSummary(lake: Lake, stream: Stream, options: GoldOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'command' }
  return runStep(lake, about, async run => {
    const result = await recompute(lake, stream, run, { ...options, why: 'asked for', onConflict: 'swapAgain' })
    if (result !== undefined) return result
    throw contended(summaryTable(stream).path)
  })
}

/** @returns undefined when another writer won and the plan is void */
async function summariseOnce(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: GoldOptions,
): Promise<StepResult | undefined> {
  const spec = summaryTable(stream)
  const source = lake.table(scoredPath(stream))
  const tip = await source.state({ fresh: true })
  if (tip === undefined) return nothingToDo(spec.path)
  const summary = await openTable(lake, spec)
  const cursor = readCursor(summary.state, tip.metadata.id, {
    table: spec.path,
    source: scoredPath(stream),
    rebuild: rebuildCommand,
  })
  const batch = await planMicroBatch(source, tip.version, cursor, maxRowsOf(lake, options), rebuildCommand)
  if (batch.kind === 'nothing') return nothingToDo(spec.path)
  const why = batch.kind === 'recompute' ? batch.why : regrouped(stream, summary)
  if (batch.kind === 'recompute' || why !== undefined) {
    return recompute(lake, stream, run, { ...options, why: why ?? '', onConflict: 'replan' })
  }
  const scored = await source.snapshot({ version: tip.version })
  if (scored === undefined) return nothingToDo(spec.path)
  const found = await summariseWindows(lake, stream, options, scored, summary, batch.files)
  const counts = { rowsIn: batch.rows, rowsOut: found.rows }
  const now = lake.clock.now()
  const outcome = await summary.table.commit({
    readVersion: summary.state.version,
    actions: [
      ...(summary.metadata === undefined ? [] : [{ metaData: summary.metadata }]),
      ...cursorTxns(summary.state, scored.metadata.id, batch.next, now).map((txn): Action => ({ txn })),
      ...found.replaced.map((file): Action => ({ remove: removedFile(file, now) })),
      ...found.adds.map((add): Action => ({ add })),
    ],
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Update', source: scoredPath(stream) },
    operationMetrics: {
      numAddedFiles: found.adds.length,
      numRemovedFiles: found.replaced.length,
      numOutputRows: found.rows,
      numOutputBytes: bytesOf(found.adds),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        gold: { ...goldJson(found), source: sourceJson(scored, cursor, batch.next) },
      },
    },
    isBlindAppend: false,
    reads: { files: 'all', appIds: movesCursor(summary.state), overCompaction: true },
  })
  if (outcome.kind === 'conflict') {
    lake.log.debug('The summary moved while a run was at work; planning again.', {
      stream: stream.name,
      detail: outcome.detail,
    })
    return undefined
  }
  run.committed(counts)
  return {
    ...counts,
    version: outcome.version,
    more: batch.more,
    detail: detailOf(spec.path, found, batch.next.version),
  }
}

/** Rows grouped by one column cannot stand beside rows grouped by another. */
function regrouped(stream: Stream, { state }: OpenedTable): string | undefined {
  const name = summaryGroupName(stream)
  return name === undefined || state.schema.fields.some(f => f.name === name)
    ? undefined
    : `it is now grouped by ${name}`
}

interface RecomputeOptions extends GoldOptions {
  readonly why: string
  readonly onConflict: 'replan' | 'swapAgain'
}

/** @returns undefined when another writer won */
async function recompute(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: RecomputeOptions,
): Promise<StepResult | undefined> {
  const spec = summaryTable(stream)
  const scored = await lake.table(scoredPath(stream)).snapshot()
  if (scored === undefined) {
    throw new PipelineError(
      'NO_TABLE',
      `There is no table ${scoredPath(stream)} to summarise. Run \`lake run gold\` first.`,
    )
  }
  const summary = await openTable(lake, spec)
  const found = await summariseWindows(lake, stream, options, scored, summary)
  const counts = { rowsIn: 0, rowsOut: found.rows }
  const { why, onConflict } = options
  const source = { path: scoredPath(stream), state: scored }
  const version = await commitSwap(lake, run, summary, {
    spec,
    source,
    adds: found.adds,
    counts,
    why,
    onConflict,
    gold: goldJson(found),
  })
  if (version === undefined) return undefined
  return { ...counts, version, detail: { ...detailOf(spec.path, found, scored.version), recomputed: why } }
}

function goldJson({ windows, rows }: Summarised): Record<string, Json> {
  return { windows, rows }
}

function detailOf(
  table: string,
  { windows, adds, replaced, filesRead }: Summarised,
  scoredVersion: number,
): StepReport['detail'] {
  return { table, windows, files: adds.length, filesReplaced: replaced.length, filesRead, scoredVersion }
}
