import { scoredPath, scoredTable, sqlName, type Stream } from '../../contract/index.js'
import { type Action, type AddFile, removedFile, type Snapshot } from '../../delta/index.js'
import { ModelError } from '../../models/index.js'
import { literal, openDeltaView } from '../../query/index.js'
import { type OpenedTable, openTable, type RefreshOptions, rowsIn, withCarriedColumns } from '../incremental/index.js'
import { type Lake, openSession, PipelineError } from '../lake/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type StepRun } from '../step/index.js'
import { type ReadyModel, withChampion } from './champion.js'
import { modelFacts } from './score.js'
import { type Scored, scoreFiles } from './scoreRows.js'

/** Which rows get a new score. */
export interface RescoreOptions extends RefreshOptions {
  /** Rows that this version of the champion's model scored, or a later one, keep their score; all rows get one when absent. */
  readonly fromVersion?: number | undefined
}

/** How many times in a row other writers may change the same files before it gives up. */
const maxPlans = 5

/**
 * Scores rows of the scored table again with the champion, in their place: one commit takes the files with them away and
 * brings them back, so that readers see the old scores or the new. What silver gains meanwhile is left to the next run of
 * gold; the summary and the drift follow the commit by themselves.
 * Never throws: what goes wrong is in the report.
 */
export function rescore(lake: Lake, stream: Stream, options: RescoreOptions = {}): Promise<StepReport> {
  const about = {
    step: 'gold' as const,
    stream: stream.name,
    table: sqlName(scoredPath(stream)),
    trigger: options.trigger ?? 'command',
  }
  const run = startStep(lake, about)
  return reportStep(lake, run, replaceScores(lake, run, stream, options))
}

async function replaceScores(lake: Lake, run: StepRun, stream: Stream, options: RescoreOptions): Promise<StepResult> {
  for (let plan = 1; plan <= maxPlans; plan++) {
    const result = await rescoreOnce(lake, run, stream, options)
    if (result !== undefined) return result
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * plan))
  }
  const path = scoredPath(stream)
  throw new PipelineError('CONTENDED', `Other writers of ${path} changed its rows every time.`, { retryable: true })
}

/** @returns undefined when another writer changed rows that were to be replaced */
async function rescoreOnce(
  lake: Lake,
  run: StepRun,
  stream: Stream,
  options: RescoreOptions,
): Promise<StepResult | undefined> {
  const spec = scoredTable(stream)
  const detail = { table: spec.path }
  const found = await lake.table(spec.path).snapshot()
  if (found === undefined) return { rowsIn: 0, rowsOut: 0, version: undefined, detail }
  const opened = await openTable(lake, withCarriedColumns(spec, found.schema))
  // Rows are replaced in the table as it is opened: neither older nor newer.
  const snapshot = (await opened.table.snapshot({ version: opened.state.version })) ?? found
  return withChampion(lake, stream, async model => {
    if (model === undefined) {
      throw new ModelError(
        'MODEL_MISSING',
        `No model scores ${stream.name}, so there is nothing to score its rows with. Declare one, or promote a version.`,
        { data: { stream: stream.name } },
      )
    }
    const rescored = conditionOf(model, options)
    const files =
      options.fromVersion === undefined ? snapshot.files : await filesWith(lake, spec.path, snapshot, rescored)
    if (files.length === 0) return { rowsIn: 0, rowsOut: 0, version: undefined, detail }
    const source = { path: spec.path, state: snapshot, rescored }
    const scored = await scoreFiles(lake, stream, options, { source, scored: opened, model }, files)
    const counts = { rowsIn: rowsIn(files), rowsOut: scored.rows }
    const version = await commit(lake, run, opened, { path: spec.path, model, scored, files, rescored })
    if (version === undefined) return undefined
    return {
      ...counts,
      version,
      detail: { ...detail, ...modelFacts(model, scored).detail, filesReplaced: files.length },
    }
  })
}

/** The rows that get a new score; versions of another model, and those without a number, are older than any. */
function conditionOf({ card }: ReadyModel, { fromVersion }: RescoreOptions): string {
  if (fromVersion === undefined) return 'true'
  const version = 'TRY_CAST(model_version AS BIGINT)'
  return `model_name IS DISTINCT FROM ${literal(card.name)} OR coalesce(${version}, -1) < ${String(fromVersion)}`
}

/** The files that hold such rows. */
async function filesWith(lake: Lake, path: string, snapshot: Snapshot, condition: string): Promise<readonly AddFile[]> {
  await using session = await openSession(lake)
  const store = lake.store.within(path)
  const found: AddFile[] = []
  for (const file of snapshot.files) {
    const columns = ['model_name', 'model_version']
    using view = await openDeltaView(session, lake.files, { store, state: snapshot, files: [file], columns })
    const { n } = await session.row(`SELECT count(*) AS n FROM (${view.sql}) WHERE ${condition}`)
    if (Number(n) > 0) found.push(file)
  }
  return found
}

interface Replacement {
  readonly path: string
  readonly model: ReadyModel
  readonly scored: Scored
  /** The files whose rows are in the new ones. */
  readonly files: readonly AddFile[]
  readonly rescored: string
}

/** @returns undefined when another writer changed one of the files, or the table itself */
async function commit(
  lake: Lake,
  run: StepRun,
  { table, state, metadata }: OpenedTable,
  { path, model, scored, files, rescored }: Replacement,
): Promise<number | undefined> {
  const now = lake.clock.now()
  const counts = { rowsIn: rowsIn(files), rowsOut: scored.rows }
  const { info } = modelFacts(model, scored)
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [
      ...(metadata === undefined ? [] : [{ metaData: metadata }]),
      ...files.map((file): Action => ({ remove: removedFile(file, now) })),
      ...scored.adds.map((add): Action => ({ add })),
    ],
    operation: 'UPDATE',
    operationParameters: { predicate: rescored },
    operationMetrics: {
      numAddedFiles: scored.adds.length,
      numRemovedFiles: files.length,
      numUpdatedRows: scored.rows,
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        gold: { ...info, rows: scored.rows, scored: scored.scored, anomalies: scored.anomalies, rescored: true },
      },
    },
    isBlindAppend: false,
    // Rows that came meanwhile stay as they are; whoever took one of the same files away makes it a conflict.
    reads: { files: 'none', appIds: () => false },
  })
  if (outcome.kind !== 'committed') return undefined
  run.committed(counts, { table: sqlName(path), version: outcome.version, ranges: [] })
  return outcome.version
}
