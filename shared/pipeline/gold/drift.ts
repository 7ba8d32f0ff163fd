import { driftPartitionColumns, driftPath, driftTable, scoredPath, type Stream } from '../../contract/index.js'
import { type AddFile, writeDataFile } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { elapsedMs } from '../../storage/index.js'
import type { Row } from '../../types/index.js'
import {
  columnsOf,
  type Derivation,
  eventDate,
  expiredBefore,
  isOver,
  laterDay,
  type NewRows,
  type OpenedTable,
  pieceOf,
  type RebuildInput,
  rebuildStep,
  type RefreshOptions,
  refreshStep,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { type ModelPlace, modelPlace } from '../models/index.js'
import type { StepReport } from '../step/index.js'
import { driftOfDay } from './driftRows.js'
import { dateOf, endedFiles, endOf } from './endedDays.js'
import { ModelReferences } from './modelReferences.js'

/** How long a timer leaves the table as it is: each run reads a day's rows again. Milliseconds. */
const pauseMs = 3_600_000

/** Options of a run of drift. */
export interface DriftOptions extends RefreshOptions {
  /** Whether the scored table has just gained rows: only then is it asked whether the table is to be made at all. */
  readonly gained?: boolean | undefined
}

/**
 * One run of drift: compares the days that gained scored rows with what their models were trained on, and replaces
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
  const about = { step: 'gold', stream, path: driftPath(stream), trigger } as const
  return [await refreshStep(lake, about, () => driftDerivation(lake, stream, place, options))]
}

/** Compares all scored rows again, and swaps the table in by one commit. */
export async function rebuildDrift(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const place = await placeToCompare(lake, stream, { pauses: false, makes: true })
  if (place === undefined) return []
  const about = { step: 'gold', stream, path: driftPath(stream), trigger: options.trigger } as const
  return [await rebuildStep(lake, about, () => driftDerivation(lake, stream, place, options))]
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
    const reference = await new ModelReferences(lake, place).of(champion.name, champion.version)
    return reference === undefined ? undefined : place
  } catch (error) {
    return asError(error)
  }
}

interface Comparison {
  readonly lake: Lake
  readonly stream: Stream
  readonly place: ModelPlace
}

/** @throws what kept the model's place from being known */
function driftDerivation(lake: Lake, stream: Stream, place: ModelPlace | Error, options: RefreshOptions): Derivation {
  if (place instanceof Error) throw place
  const spec = driftTable(stream)
  const comparison = { lake, stream, place }
  return {
    source: { path: scoredPath(stream), madeBy: 'lake run gold' },
    target: {
      spec,
      carriesColumns: false,
      layer: 'gold',
      rebuiltBy: 'lake rebuild gold',
      retention: { dayColumn: '_window_date', retainMs: stream.retention.drift },
      ofKept: () => Promise.resolve({}),
      // Nobody sends rows of a day that is over to a stream that has gone silent.
      isDue: async target => (await endedFiles(stream, target, lake.clock.now())).length > 0,
    },
    piece: pieceOf(lake, options),
    detail: { table: spec.path },
    apply: async ({ target, files, lostDays, snapshot, ...batch }) => {
      const source = await snapshot()
      const firstDay = laterDay(batch.firstDay, expiredBefore(source))
      const touching = [...files.map(eventDateOf), ...lostDays.keys()]
      return compareDays(comparison, { source, target, firstDay }, touching)
    },
    rebuild: async whole => ({ ...(await compareDays(comparison, whole)), rowsRead: 0 }),
  }
}

/**
 * Compares days whole, and uploads a file for each.
 * @param touching days that are compared, and with them days that were not over the last time; all days when absent
 */
async function compareDays(
  { lake, stream, place }: Comparison,
  { source: scored, target, firstDay }: RebuildInput,
  touching?: readonly string[],
): Promise<NewRows> {
  await using session = await openSession(lake)
  const compared = { lake, session, stream, scored, references: new ModelReferences(lake, place) }
  const { state, table } = target
  const current = touching === undefined ? [] : ((await table.snapshot({ version: state.version }))?.files ?? [])
  const now = lake.clock.now()
  const ended = touching === undefined ? [] : await endedFiles(stream, target, now)
  const days = new Set([...(touching ?? scored.files.map(eventDateOf)), ...ended.map(dateOf)])
  const adds: AddFile[] = []
  const replaces: AddFile[] = []
  let made = 0
  let breached = 0
  // Of a day that is over only a part of the rows may be left.
  for (const day of [...days].filter(text => text !== '' && !isOver(text, firstDay)).toSorted()) {
    const files = scored.files.filter(file => eventDateOf(file) === day)
    const start = BigInt(Date.parse(day)) * 1000n
    const rows = await driftOfDay(compared, { start, files, isOver: endOf(stream, day) <= now })
    replaces.push(...current.filter(file => dateOf(file) === day))
    if (rows.length > 0) adds.push(await writeDay(lake, target, day, rows))
    made += rows.length
    breached += rows.filter(row => row['breached'] === true).length
  }
  const info = { days: days.size, rows: made, breached }
  return { adds, replaces, rows: made, info, detail: { days: days.size, breached, files: adds.length } }
}

const eventDateOf = (file: AddFile) => file.partitionValues[eventDate] ?? ''

function writeDay(
  lake: Lake,
  { table, state, schema }: OpenedTable,
  day: string,
  rows: readonly Row[],
): Promise<AddFile> {
  const { configuration } = state.metadata
  const layout = { schema, partitionColumns: driftPartitionColumns, configuration }
  const fields = schema.fields.filter(({ name }) => !driftPartitionColumns.includes(name))
  return writeDataFile(table.store, layout, columnsOf(fields, rows), { _window_date: day })
}
