import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import type { Action, TableState } from '../../delta/index.js'
import { openDeltaView } from '../../query/index.js'
import {
  type Cursor,
  cursorTxns,
  type MicroBatch,
  movesCursor,
  type OpenedTable,
  openTable,
  planMicroBatch,
  readCursor,
  sourceJson,
  withCarriedColumns,
} from '../incremental/index.js'
import { type Lake, openSession, PipelineError } from '../lake/index.js'
import { runStep, type StepReport, type StepResult, type StepRun } from '../step/index.js'
import { noRows, type Tally, tallyJson, tallyRows } from './counters.js'
import { findDuplicates } from './dedupe.js'
import { loadPriorKeys } from './priorKeys.js'
import { recompute } from './recompute.js'
import { writeSilverFiles } from './silverFiles.js'
import { rowsPerFile, type SilverOptions } from './silverOptions.js'
import { bronzeColumns, filesWithEvents, validRows } from './silverRows.js'

/** How many times in a row other writers may win before the run gives up for now. */
const maxPlans = 8

/**
 * One run of silver: takes the valid rows that bronze has gained since the last one, up to a bound, drops duplicates, and
 * commits the rest together with the cursor. `more` in the report says that the bound was reached.
 *
 * Other writers may be at work: whoever commits first wins, and the other throws its plan away and looks again.
 *
 * @throws never: what goes wrong is in the report
 */
export function refineSilver(lake: Lake, stream: Stream, options: SilverOptions = {}): Promise<StepReport> {
  const about = { step: 'silver' as const, stream: stream.name, trigger: options.trigger ?? 'timer' }
  return runStep(lake, about, async run => {
    for (let plan = 1; plan <= maxPlans; plan++) {
      const result = await refineOnce(lake, stream, run, options)
      if (result !== undefined) return result
      await lake.clock.sleep(Math.ceil(Math.random() * 100 * plan))
    }
    throw new PipelineError(
      'CONTENDED',
      `Other writers of ${silverTable(stream).path} won ${maxPlans} times in a row.`,
      {
        retryable: true,
      },
    )
  })
}

/** @returns undefined when another writer won and the plan is void */
async function refineOnce(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: SilverOptions,
): Promise<StepResult | undefined> {
  const bronzeTable = lake.table(bronzePath(stream))
  const bronze = await bronzeTable.state({ fresh: true })
  if (bronze === undefined) return nothingToDo
  const silver = await openTable(lake, withCarriedColumns(silverTable(stream), bronze.schema))
  const cursor = readCursor(silver.state, bronze.metadata.id, {
    table: silverTable(stream).path,
    source: bronzePath(stream),
    rebuild: 'lake rebuild silver',
  })
  const maxRows = options.maxRows ?? lake.settings.silverMaxRowsPerRun
  const batch = await planMicroBatch(bronzeTable, bronze.version, cursor, maxRows)
  switch (batch.kind) {
    case 'nothing':
      return nothingToDo
    case 'recompute':
      return recompute(lake, stream, run, { ...options, why: batch.why, onConflict: 'replan' })
    case 'files':
      return append(lake, stream, run, options, { bronze, silver, cursor, batch })
  }
}

const nothingToDo: StepResult = { rowsIn: 0, rowsOut: 0, version: undefined, detail: {} }

interface Plan {
  readonly bronze: TableState
  readonly silver: OpenedTable
  readonly cursor: Cursor | undefined
  readonly batch: Extract<MicroBatch, { kind: 'files' }>
}

async function append(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: SilverOptions,
  plan: Plan,
): Promise<StepResult | undefined> {
  const { bronze, silver, cursor, batch } = plan
  const { tally, adds, priorFiles } = await refineRows(lake, stream, options, plan)
  const counts = { rowsIn: batch.rows, rowsOut: tally.inserted }
  const now = lake.clock.now()
  const outcome = await silver.table.commit({
    readVersion: silver.state.version,
    actions: [
      ...(silver.metadata === undefined ? [] : [{ metaData: silver.metadata }]),
      ...cursorTxns(silver.state, bronze.metadata.id, batch.next, now).map((txn): Action => ({ txn })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', source: bronzePath(stream) },
    operationMetrics: {
      numAddedFiles: adds.length,
      numOutputRows: tally.inserted,
      numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        silver: { ...tallyJson(tally), source: sourceJson(bronze, cursor, batch.next) },
      },
    },
    isBlindAppend: false,
    reads: { files: 'all', appIds: movesCursor(silver.state), overCompaction: true },
  })
  if (outcome.kind === 'conflict') {
    lake.log.debug('Silver moved while a run was at work; planning again.', {
      stream: stream.name,
      detail: outcome.detail,
    })
    return undefined
  }
  run.committed(counts)
  const { valid, inserted, duplicates, late } = tally
  return {
    ...counts,
    version: outcome.version,
    more: batch.more,
    detail: {
      valid,
      inserted,
      duplicates,
      late,
      files: adds.length,
      filesRead: batch.files.length,
      priorFiles,
      bronzeVersion: batch.next.version,
    },
  }
}

interface Refined {
  readonly tally: Tally
  readonly adds: Awaited<ReturnType<typeof writeSilverFiles>>
  /** Files of silver that were read for duplicates. */
  readonly priorFiles: number
}

async function refineRows(lake: Lake, stream: Stream, options: SilverOptions, plan: Plan): Promise<Refined> {
  const { bronze, silver, batch } = plan
  const files = filesWithEvents(stream, bronze, batch.files)
  const nothing = { tally: noRows, adds: [], priorFiles: 0 }
  if (files.length === 0) return nothing
  await using session = await openSession(lake)
  {
    const columns = bronzeColumns(bronze.schema)
    const store = lake.store.within(bronzePath(stream))
    using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
    await session.run(`CREATE TABLE valid_rows AS ${validRows(stream, silver.schema, columns, `(${view.sql})`)}`)
  }
  const store = lake.store.within(silverTable(stream).path)
  const snapshot = await silver.table.snapshot({ version: silver.state.version })
  if (snapshot === undefined)
    throw new PipelineError('NO_TABLE', `Table ${silver.table.url} is gone.`, { retryable: true })
  const priorFiles = await loadPriorKeys(session, lake.files, stream, 'valid_rows', { store, snapshot })
  await findDuplicates(session, stream, 'valid_rows')
  const tally = await tallyRows(session, stream, 'valid_rows')
  const table = { ...silver.state.metadata, schema: silver.schema }
  const target = {
    session,
    stream,
    store,
    table,
    clock: lake.clock,
    rowsPerFile: rowsPerFile(options, files, batch.rows),
  }
  return { tally, adds: await writeSilverFiles(target, 'valid_rows', tally.days), priorFiles }
}
