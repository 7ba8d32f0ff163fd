import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { driftPartitionColumns, driftTable, scoredPath, type Stream } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { encodeParquet } from '../../parquet/index.js'
import {
  copyToParquet,
  type DuckDbSession,
  identifier,
  openDeltaView,
  parquetFiles,
  publishFile,
} from '../../query/index.js'
import { elapsedMs } from '../../storage/index.js'
import type { Row } from '../../types/index.js'
import {
  columnsOf,
  type Derivation,
  maxRowsOf,
  type NewRows,
  type OpenedTable,
  rebuildTable,
  refresh,
  type RefreshOptions,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type ModelPlace, modelPlace } from '../models/index.js'
import { runStep, type StepReport } from '../step/index.js'
import { daysOf, driftOfDay, scoredWindows } from './driftRows.js'
import { ModelReferences } from './modelReferences.js'

/** How long a timer leaves the table as it is: each run reads an hour's rows again. Milliseconds. */
const pauseMs = 300_000

/** Options of a run of drift. */
export interface DriftOptions extends RefreshOptions {
  /** Whether the scored table has just gained rows: only then is it asked whether the table is to be made at all. */
  readonly gained?: boolean | undefined
}

/**
 * One run of drift: compares the windows that gained scored rows with what their models were trained on, and replaces
 * their rows by one commit together with the cursor. A stream without a model, or whose champion came without
 * `reference.json`, has no such table.
 * Never throws: what goes wrong is in the report.
 *
 * @returns no report when there is nothing to be looked at
 */
export async function measureDrift(
  lake: Lake,
  stream: Stream,
  options: DriftOptions = {},
): Promise<readonly StepReport[]> {
  const trigger = options.trigger ?? 'timer'
  const place = await placeToCompare(lake, stream, { pauses: trigger === 'timer', makes: options.gained ?? true })
  if (place === undefined) return []
  const about = { step: 'gold' as const, stream: stream.name, trigger }
  return [
    await runStep(lake, about, run => {
      if (place instanceof Error) throw place
      return refresh(lake, run, driftDerivation(lake, stream, place, options))
    }),
  ]
}

/** Compares all scored rows again, and swaps the table in by one commit. */
export async function rebuildDrift(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const place = await placeToCompare(lake, stream, { pauses: false, makes: true })
  if (place === undefined) return []
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'command' }
  return [
    await runStep(lake, about, run => {
      if (place instanceof Error) throw place
      return rebuildTable(lake, run, driftDerivation(lake, stream, place, options))
    }),
  ]
}

/** @returns undefined when nothing is to be done; what kept it from being known, for the report */
async function placeToCompare(
  lake: Lake,
  stream: Stream,
  { pauses, makes }: { readonly pauses: boolean; readonly makes: boolean },
): Promise<ModelPlace | Error | undefined> {
  try {
    const place = modelPlace(lake, stream)
    if (place === undefined) return undefined
    const state = await lake.table(driftTable(stream).path).state({ fresh: true })
    if (state !== undefined) {
      // Only a pause: hosts whose clocks differ make it longer or shorter.
      const passed = pauses ? elapsedMs(state.timestamp, lake.clock.now()) : undefined
      return passed !== undefined && passed < pauseMs ? undefined : place
    }
    const champion = makes ? await place.source.champion() : undefined
    if (champion === undefined) return undefined
    const reference = await new ModelReferences(place).of(champion.name, champion.version)
    return reference === undefined ? undefined : place
  } catch (error) {
    return asError(error)
  }
}

function driftDerivation(lake: Lake, stream: Stream, place: ModelPlace, options: RefreshOptions): Derivation {
  const spec = driftTable(stream)
  const compare = (scored: Snapshot, target: OpenedTable, files?: readonly AddFile[]) =>
    compareWindows(lake, stream, place, { scored, target }, files)
  return {
    source: { path: scoredPath(stream), madeBy: 'lake run gold' },
    target: { spec, carriesColumns: false, layer: 'gold', rebuiltBy: 'lake rebuild gold' },
    maxRows: maxRowsOf(lake, options),
    detail: { table: spec.path },
    apply: async ({ target, files, snapshot }) => compare(await snapshot(), target, files),
    rebuild: async ({ source, target }) => ({ ...(await compare(source, target)), rowsRead: 0 }),
  }
}

/** @param touching the files whose windows are compared; all of them when absent */
async function compareWindows(
  lake: Lake,
  stream: Stream,
  place: ModelPlace,
  { scored, target }: { readonly scored: Snapshot; readonly target: OpenedTable },
  touching?: readonly AddFile[],
): Promise<NewRows> {
  await using session = await openSession(lake)
  const path = scoredPath(stream)
  const compared = { lake, session, stream, scored, path, references: new ModelReferences(place) }
  const windows = await scoredWindows(compared, touching ?? scored.files)
  const current =
    touching === undefined ? [] : ((await target.table.snapshot({ version: target.state.version }))?.files ?? [])
  const adds: AddFile[] = []
  const replaces: AddFile[] = []
  let made = 0
  let breached = 0
  for (const day of daysOf(compared, windows)) {
    const rows = await driftOfDay(compared, day, windows)
    const old = current.filter(file => file.partitionValues['_window_date'] === day.day)
    if (rows.length === 0 && old.length === 0) continue
    const add = await writeDay(lake, session, target, { day: day.day, rows, old, windows })
    replaces.push(...old)
    if (add !== undefined) adds.push(add)
    made += rows.length
    breached += rows.filter(row => row['breached'] === true).length
  }
  const detail = { windows: windows.length, columns: made, breached, files: adds.length }
  return { adds, replaces, rows: made, info: { windows: windows.length, columns: made, breached }, detail }
}

interface DayRows {
  readonly day: string
  readonly rows: readonly Row[]
  /** The day's files so far, whose rows of other windows stay. */
  readonly old: readonly AddFile[]
  /** Windows whose rows are replaced. */
  readonly windows: readonly bigint[]
}

/** Uploads one file of the day's rows. */
async function writeDay(
  lake: Lake,
  session: DuckDbSession,
  { table, state, schema }: OpenedTable,
  { day, rows, old, windows }: DayRows,
): Promise<AddFile | undefined> {
  const fields = schema.fields.filter(({ name }) => !driftPartitionColumns.includes(name))
  const names = fields.map(({ name }) => identifier(name)).join(', ')
  const fresh = join(session.folder, 'drift.parquet')
  await writeFile(fresh, encodeParquet(columnsOf(fields, rows), { codec: 'uncompressed', statistics: false }))
  const columns = fields.map(({ name }) => name)
  using view = await openDeltaView(session, lake.files, {
    store: table.store,
    state: { metadata: state.metadata, schema },
    files: old,
    columns,
  })
  const kept = `SELECT ${names} FROM (${view.sql}) WHERE epoch_us(window_start) NOT IN (${windows.join(', ')})`
  const file = await copyToParquet(session, {
    select: `SELECT ${names} FROM ${parquetFiles([fresh])} UNION ALL ${kept}`,
    orderBy: ['window_start', 'model_version', 'column_name'].map(identifier).join(', '),
    table: { ...state.metadata, schema },
    partitionValues: { _window_date: day },
  })
  return file === undefined ? undefined : await publishFile(table.store, file, lake.clock)
}
