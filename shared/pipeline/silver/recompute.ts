import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import { type Action, type AddFile, removedFile, type Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, openDeltaView } from '../../query/index.js'
import type { StructType } from '../../types/index.js'
import {
  chunks,
  movesCursor,
  type OpenedTable,
  openTable,
  recordCount,
  replacingTxns,
  withCarriedColumns,
} from '../incremental/index.js'
import { type Lake, openSession, PipelineError } from '../lake/index.js'
import { runStep, type StepReport, type StepResult, type StepRun } from '../step/index.js'
import { type DayCount, dayMicros, type Tally, tallyJson, tallyRows } from './counters.js'
import { findDuplicates, lineage } from './dedupe.js'
import { timeBetween, writeSilverFiles } from './silverFiles.js'
import { rowsPerFile, type SilverOptions } from './silverOptions.js'
import { bronzeColumns, filesWithEvents, validRows } from './silverRows.js'

/**
 * Makes silver anew from all of bronze as it is now, and swaps it in by one commit: readers see the old rows or the new.
 * Rows that were brought from quarantine by a replay stay, as long as bronze has the record they were made from.
 *
 * @throws never: what goes wrong is in the report
 */
export function rebuildSilver(lake: Lake, stream: Stream, options: SilverOptions = {}): Promise<StepReport> {
  const about = { step: 'silver' as const, stream: stream.name, trigger: options.trigger ?? 'command' }
  return runStep(lake, about, async run => {
    const result = await recompute(lake, stream, run, { ...options, why: 'asked for', onConflict: 'swapAgain' })
    if (result !== undefined) return result
    throw new PipelineError('CONTENDED', `Other writers of ${silverTable(stream).path} won every time.`, {
      retryable: true,
    })
  })
}

export interface RecomputeOptions extends SilverOptions {
  readonly why: string
  /** Another writer's commit: give the work up, or, since it depends on bronze alone, put it on top. */
  readonly onConflict: 'replan' | 'swapAgain'
}

/** How many times in a row other writers may win. */
const maxSwaps = 20

/** @returns undefined when another writer won */
export async function recompute(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: RecomputeOptions,
): Promise<StepResult | undefined> {
  const bronze = await lake.table(bronzePath(stream)).snapshot()
  if (bronze === undefined) {
    throw new PipelineError(
      'NO_TABLE',
      `There is no table ${bronzePath(stream)} to make silver from. Run \`lake run bronze\` first.`,
    )
  }
  const spec = withCarriedColumns(silverTable(stream), bronze.schema)
  let silver = await openTable(lake, spec)
  const { adds, tally, rows, replayed } = await rewrite(lake, stream, options, bronze, silver)
  const counts = { rowsIn: rows, rowsOut: tally.inserted }
  for (let swap = 0; swap < maxSwaps; swap++) {
    const version = await commitSwap(lake, stream, run, options, { bronze, silver, adds, tally, replayed, counts })
    if (version !== undefined) {
      run.committed(counts)
      const { valid, inserted, duplicates, late } = tally
      const detail = {
        valid,
        inserted,
        duplicates,
        late,
        files: adds.length,
        filesRead: bronze.numFiles,
        bronzeVersion: bronze.version,
        recomputed: options.why,
      }
      return { ...counts, version, detail }
    }
    if (options.onConflict === 'replan') return undefined
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * (swap + 1)))
    silver = await openTable(lake, spec)
  }
  return undefined
}

interface Swap {
  readonly bronze: Snapshot
  readonly silver: OpenedTable
  readonly adds: readonly AddFile[]
  readonly tally: Tally
  readonly replayed: number
  readonly counts: { readonly rowsIn: number; readonly rowsOut: number }
}

/** @returns the version committed; undefined when another writer was faster */
async function commitSwap(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  options: RecomputeOptions,
  swap: Swap,
): Promise<number | undefined> {
  const { bronze, silver, adds, tally, replayed, counts } = swap
  const now = lake.clock.now()
  const old = await silver.table.snapshot({ version: silver.state.version })
  const cursor = { version: bronze.version, files: 0 }
  const outcome = await silver.table.commit({
    readVersion: silver.state.version,
    actions: [
      ...(silver.metadata === undefined ? [] : [{ metaData: silver.metadata }]),
      ...replacingTxns(silver.state, bronze.metadata.id, cursor, now).map((txn): Action => ({ txn })),
      ...(old?.files ?? []).map((file): Action => ({ remove: removedFile(file, now) })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: 'WRITE',
    operationParameters: { mode: 'Overwrite', source: bronzePath(stream), why: options.why },
    operationMetrics: {
      numAddedFiles: adds.length,
      numRemovedFiles: old?.numFiles ?? 0,
      numOutputRows: tally.inserted,
      numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        // The counters of all time begin anew with these.
        silver: {
          ...tallyJson(tally, replayed),
          rebuilt: true,
          source: { table: bronze.metadata.id, from: null, to: cursor },
        },
      },
    },
    isBlindAppend: false,
    reads: { files: 'all', appIds: movesCursor(silver.state) },
  })
  return outcome.kind === 'committed' ? outcome.version : undefined
}

interface Rewritten {
  readonly adds: readonly AddFile[]
  readonly tally: Tally
  /** Bronze rows in all. */
  readonly rows: number
  /** Rows kept that a replay had brought; they are in the tally as valid. */
  readonly replayed: number
}

/** Uploads the files that silver is to consist of. Bronze is read twice: few columns at first, and then day by day. */
async function rewrite(
  lake: Lake,
  stream: Stream,
  options: RecomputeOptions,
  bronze: Snapshot,
  silver: OpenedTable,
): Promise<Rewritten> {
  const maxRows = options.maxRows ?? lake.settings.silverMaxRowsPerRun
  const rows = bronze.files.reduce((sum, file) => sum + recordCount(file), 0)
  await using session = await openSession(lake)
  await gatherRows(session, lake, stream, bronze, silver.schema, chunks(bronze.files, recordCount, maxRows))
  const replayed = await carryReplayed(session, lake, stream, silver)
  await session.run(
    `CREATE TABLE prior AS SELECT ${identifier(stream.key)} AS k, CAST(0 AS BIGINT) AS t FROM all_rows LIMIT 0`,
  )
  await findDuplicates(session, stream, 'all_rows')
  const tally = await tallyRows(session, stream, 'all_rows')
  await session.run('DROP TABLE all_rows')
  const store = lake.store.within(silverTable(stream).path)
  const table = { ...silver.state.metadata, schema: silver.schema }
  const target = {
    session,
    stream,
    store,
    table,
    clock: lake.clock,
    rowsPerFile: rowsPerFile(options, bronze.files, rows),
  }
  const columns = bronzeColumns(bronze.schema)
  const adds: AddFile[] = []
  for (const days of chunks(tally.days, day => day.rows, maxRows)) {
    const files = filesWithEvents(stream, bronze, bronze.files, spanOf(days))
    using view = await openDeltaView(session, lake.files, {
      store: lake.store.within(bronzePath(stream)),
      state: bronze,
      files,
      columns,
    })
    const { least, greatest } = spanOf(days)
    await session.run(`
      CREATE OR REPLACE VIEW day_rows AS SELECT * FROM (
        ${validRows(stream, silver.schema, columns, `(${view.sql})`)} UNION ALL BY NAME SELECT * FROM replayed_rows)
      WHERE ${timeBetween(stream, least, greatest + 1n)}`)
    adds.push(...(await writeSilverFiles(target, 'day_rows', days)))
  }
  return { adds, tally, rows, replayed }
}

function spanOf(days: readonly DayCount[]): { readonly least: bigint; readonly greatest: bigint } {
  return { least: days[0]?.start ?? 0n, greatest: (days.at(-1)?.start ?? 0n) + dayMicros - 1n }
}

/** Makes `all_rows`, what judging and counting need of every valid row, and `rejected`, the lineage of the others. */
async function gatherRows(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  bronze: Snapshot,
  schema: StructType,
  parts: readonly (readonly AddFile[])[],
): Promise<void> {
  const narrow = narrowColumns(stream)
  const needed = new Set([...narrow, '_timestamp', '_error_code'])
  const columns = bronzeColumns(bronze.schema).filter(name => needed.has(name))
  const store = lake.store.within(bronzePath(stream))
  for (const [i, files] of (parts.length === 0 ? [[]] : parts).entries()) {
    using view = await openDeltaView(session, lake.files, { store, state: bronze, files, columns })
    const valid = `SELECT ${narrow.map(identifier).join(', ')} FROM (${validRows(stream, schema, columns, `(${view.sql})`)})`
    const rejected = `SELECT ${lineage.join(', ')} FROM (${view.sql}) WHERE _error_code IS NOT NULL`
    await session.run(i === 0 ? `CREATE TABLE all_rows AS ${valid}` : `INSERT INTO all_rows ${valid}`)
    await session.run(i === 0 ? `CREATE TABLE rejected AS ${rejected}` : `INSERT INTO rejected ${rejected}`)
  }
}

/** What judging and counting need of a row. */
function narrowColumns(stream: Stream): readonly string[] {
  return [...new Set([stream.key, stream.eventTime, '_ingested_at', ...lineage, '_late'])]
}

/** Makes `replayed_rows`: rows of silver that come from records bronze has as rejected, which bronze alone cannot give. */
async function carryReplayed(session: DuckDbSession, lake: Lake, stream: Stream, silver: OpenedTable): Promise<number> {
  const { rejected } = await session.row('SELECT count(*) AS rejected FROM rejected')
  const snapshot = await silver.table.snapshot({ version: silver.state.version })
  const files = rejected === 0n ? [] : (snapshot?.files ?? [])
  const columns = silver.schema.fields.flatMap(f =>
    silver.state.metadata.partitionColumns.includes(f.name) ? [] : [f.name],
  )
  const state = { metadata: silver.state.metadata, schema: silver.schema }
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(silverTable(stream).path),
    state,
    files,
    columns,
  })
  await session.run(
    `CREATE TABLE replayed_rows AS SELECT * FROM (${view.sql}) SEMI JOIN rejected USING (${lineage.join(', ')})`,
  )
  const narrow = narrowColumns(stream).map(identifier).join(', ')
  return await session.run(`INSERT INTO all_rows BY NAME SELECT ${narrow} FROM replayed_rows`)
}
