import { scoredTable, silverPath, type Stream } from '../../contract/index.js'
import type { Action, AddFile } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import {
  commitSwap,
  cursorTxns,
  movesCursor,
  openTable,
  planMicroBatch,
  readCursor,
  sourceJson,
  withCarriedColumns,
} from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { runStep, type StepReport, type StepResult, type StepRun } from '../step/index.js'
import { type ReadyModel, withChampion } from './champion.js'
import { type GoldOptions, maxPlans, maxRowsOf, rebuildCommand } from './goldOptions.js'
import { type Scored, scoreFiles, type Scoring } from './scoreRows.js'

/**
 * One run of scoring: takes the rows that silver has gained since the last one, up to a bound, and commits them with
 * their scores and the cursor. Rows taken out of silver make it score all of silver anew.
 *
 * @throws never: what goes wrong is in the report
 */
export function scoreSilver(lake: Lake, stream: Stream, options: GoldOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'timer' }
  return runStep(lake, about, async run => {
    for (let plan = 1; plan <= maxPlans; plan++) {
      const result = await scoreOnce(lake, stream, run, options)
      if (result !== undefined) return result
      await lake.clock.sleep(Math.random() * 100 * plan)
    }
    throw contended(scoredTable(stream).path)
  })
}

/** Scores all of silver anew with the model of now, and swaps it in by one commit. */
export function rebuildScored(lake: Lake, stream: Stream, options: GoldOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'command' }
  return runStep(lake, about, async run => {
    const result = await rescore(lake, stream, run, { ...options, why: 'asked for', onConflict: 'swapAgain' })
    if (result !== undefined) return result
    throw contended(scoredTable(stream).path)
  })
}

export function contended(path: string): PipelineError {
  return new PipelineError('CONTENDED', `Other writers of ${path} won every time.`, { retryable: true })
}

/** @returns undefined when another writer won and the plan is void */
async function scoreOnce(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: GoldOptions,
): Promise<StepResult | undefined> {
  const source = lake.table(silverPath(stream))
  const silver = await source.state({ fresh: true })
  if (silver === undefined) return nothingToDo(scoredTable(stream).path)
  const spec = withCarriedColumns(scoredTable(stream), silver.schema)
  const scored = await openTable(lake, spec)
  const names = { table: spec.path, source: silverPath(stream), rebuild: rebuildCommand }
  const cursor = readCursor(scored.state, silver.metadata.id, names)
  const batch = await planMicroBatch(source, silver.version, cursor, maxRowsOf(lake, options), rebuildCommand)
  if (batch.kind === 'nothing') return nothingToDo(spec.path)
  if (batch.kind === 'recompute')
    return rescore(lake, stream, run, { ...options, why: batch.why, onConflict: 'replan' })
  const { model, found } = await scoreByChampion(lake, stream, options, { silver, scored }, batch.files)
  const counts = { rowsIn: batch.rows, rowsOut: found.rows }
  const now = lake.clock.now()
  const outcome = await scored.table.commit({
    readVersion: scored.state.version,
    actions: [
      ...(scored.metadata === undefined ? [] : [{ metaData: scored.metadata }]),
      ...cursorTxns(scored.state, silver.metadata.id, batch.next, now).map((txn): Action => ({ txn })),
      ...found.adds.map((add): Action => ({ add })),
    ],
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', source: silverPath(stream) },
    operationMetrics: {
      numAddedFiles: found.adds.length,
      numOutputRows: found.rows,
      numOutputBytes: bytesOf(found.adds),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        gold: { ...goldJson(model, found), source: sourceJson(silver, cursor, batch.next) },
      },
    },
    isBlindAppend: false,
    reads: { files: 'all', appIds: movesCursor(scored.state), overCompaction: true },
  })
  if (outcome.kind === 'conflict') {
    lake.log.debug('The scored table moved while a run was at work; planning again.', {
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
    detail: detailOf(spec.path, model, found, batch.next),
  }
}

function scoreByChampion(
  lake: Lake,
  stream: Stream,
  options: GoldOptions,
  tables: Omit<Scoring, 'model'>,
  files: readonly AddFile[],
) {
  return withChampion(lake, stream, async model => ({
    model,
    found: await scoreFiles(lake, stream, options, { ...tables, model }, files),
  }))
}

export function nothingToDo(table: string): StepResult {
  return { rowsIn: 0, rowsOut: 0, version: undefined, detail: { table } }
}

interface RescoreOptions extends GoldOptions {
  readonly why: string
  readonly onConflict: 'replan' | 'swapAgain'
}

/** @returns undefined when another writer won */
async function rescore(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: RescoreOptions,
): Promise<StepResult | undefined> {
  const silver = await lake.table(silverPath(stream)).snapshot()
  if (silver === undefined) {
    throw new PipelineError(
      'NO_TABLE',
      `There is no table ${silverPath(stream)} to make gold from. Run \`lake run silver\` first.`,
    )
  }
  const spec = withCarriedColumns(scoredTable(stream), silver.schema)
  const scored = await openTable(lake, spec)
  const { model, found } = await scoreByChampion(lake, stream, options, { silver, scored }, silver.files)
  const counts = { rowsIn: found.rows, rowsOut: found.rows }
  const { why, onConflict } = options
  const source = { path: silverPath(stream), state: silver }
  const version = await commitSwap(lake, run, scored, {
    spec,
    source,
    adds: found.adds,
    counts,
    why,
    onConflict,
    gold: goldJson(model, found),
  })
  if (version === undefined) return undefined
  return { ...counts, version, detail: { ...detailOf(spec.path, model, found, silver), recomputed: why } }
}

function goldJson(model: ReadyModel | undefined, { rows, scored, anomalies }: Scored): Record<string, Json> {
  const name = model?.card.name ?? null
  return {
    model: name,
    model_version: model?.card.version ?? null,
    model_digest: model?.card.sha256 ?? null,
    rows,
    scored,
    anomalies,
  }
}

function detailOf(
  table: string,
  model: ReadyModel | undefined,
  found: Scored,
  source: { readonly version: number },
): StepReport['detail'] {
  const { scored, anomalies, adds } = found
  const version = model === undefined ? {} : { modelVersion: model.card.version }
  return {
    table,
    model: model?.card.name ?? 'none',
    ...version,
    scored,
    anomalies,
    files: adds.length,
    silverVersion: source.version,
  }
}

export function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0)
}
