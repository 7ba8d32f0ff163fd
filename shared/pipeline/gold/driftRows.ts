import { driftWindowMs, type Stream } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import type { ColumnDrift } from '../../models/drift/index.js'
import { featureWidth } from '../../models/index.js'
import { type DuckDbSession, literal, openDeltaView } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import { featureColumns, FeatureMatrix } from '../features/index.js'
import type { Lake } from '../lake/index.js'
import { countersOf, type ModelReferences, type VersionReference } from './modelReferences.js'
import { type Day, filesByDay } from './summariseRows.js'
import { spansOf, windowOf } from './windows.js'

/** Microseconds. */
export const driftMicros = BigInt(driftWindowMs) * 1000n

/** Most rows of a window and version that are compared: more say no more. */
const mostRows = 20_000

const batchRows = 16_384

/** The scored table whose rows are compared, and by what. */
export interface Compared {
  readonly lake: Lake
  readonly session: DuckDbSession
  readonly stream: Stream
  readonly scored: Snapshot
  /** Folder of the scored table. */
  readonly path: string
  readonly references: ModelReferences
}

/** The windows that have scored rows in the files, in their order. Microseconds. */
export async function scoredWindows(
  { lake, session, stream, scored, path }: Compared,
  files: readonly AddFile[],
): Promise<readonly bigint[]> {
  const store = lake.store.within(path)
  const columns = [stream.eventTime, 'score']
  using view = await openDeltaView(session, lake.files, { store, state: scored, files, columns })
  const window = windowOf(stream, driftMicros)
  const { rows } = await session.query(
    `SELECT DISTINCT ${window} AS w FROM (${view.sql}) WHERE score IS NOT NULL ORDER BY w`,
  )
  return rows.map(row => row['w'] as bigint)
}

/** Days of event time with those windows, and the files that can have rows in them. */
export function daysOf({ stream, scored }: Compared, windows: readonly bigint[]): readonly Day[] {
  return filesByDay(stream, scored, spansOf(windows, driftMicros))
}

/** The rows of the drift table for the windows of one day. */
export async function driftOfDay(compared: Compared, day: Day, windows: readonly bigint[]): Promise<readonly Row[]> {
  const { lake, session, stream, scored, path, references } = compared
  const store = lake.store.within(path)
  using view = await openDeltaView(session, lake.files, { store, state: scored, files: day.files })
  const window = windowOf(stream, driftMicros)
  const own = windows.filter(w => day.spans.some(span => span.from <= w && w < span.to))
  const rows = `SELECT *, ${window} AS __window FROM (${view.sql}) WHERE score IS NOT NULL AND ${window} IN (${own.join(', ')})`
  const { rows: groups } = await session.query(`
    SELECT model_name, model_version, max(n) AS n FROM (
      SELECT model_name, model_version, __window, count(*) AS n FROM (${rows}) GROUP BY ALL) GROUP BY ALL ORDER BY ALL`)
  const there = new Set(scored.schema.fields.map(({ name }) => name))
  const made: Row[] = []
  for (const group of groups) {
    const [name, version] = [group['model_name'], group['model_version']]
    if (typeof name !== 'string' || typeof version !== 'string') continue
    const reference = await references.of(name, version)
    if (reference === undefined) continue
    // The same rows however often they are drawn, and from all of the window.
    const every = Math.max(1, Math.ceil(Number(group['n']) / mostRows))
    const select = `
      SELECT __window, score, ${featureColumns(reference.features, there)} FROM (${rows})
      WHERE model_name = ${literal(name)} AND model_version = ${literal(version)} AND hash(_partition, _offset) % ${String(every)} = 0`
    const counted = await countRows(session, select, reference)
    for (const [start, counters] of counted) made.push(...rowsOf({ name, version, start }, counters))
  }
  return made
}

/** Counts each window's rows in the bins of the reference. */
async function countRows(
  session: DuckDbSession,
  select: string,
  reference: VersionReference,
): Promise<ReadonlyMap<bigint, readonly ColumnDrift[]>> {
  const width = featureWidth(reference.features)
  const counted = new Map<bigint, readonly ColumnDrift[]>()
  const matrix = new FeatureMatrix(reference.features, batchRows)
  let pending: { readonly counters: readonly ColumnDrift[]; readonly score: number }[] = []
  const flush = () => {
    const values = matrix.filled()
    for (const [row, { counters, score }] of pending.entries())
      for (const [i, { at }] of reference.columns.entries())
        counters[i]?.add(at === width ? score : (values[row * width + at] as number))
    pending = []
    matrix.clear()
  }
  const { batches } = await session.stream(select)
  for await (const batch of batches) {
    for (const row of batch) {
      const window = row['__window'] as bigint
      let counters = counted.get(window)
      if (counters === undefined) counted.set(window, (counters = countersOf(reference)))
      matrix.add(row)
      pending.push({ counters, score: row['score'] as number })
      if (matrix.rows === batchRows) flush()
    }
  }
  flush()
  return counted
}

function rowsOf(
  { name, version, start }: { readonly name: string; readonly version: string; readonly start: bigint },
  counters: readonly ColumnDrift[],
): readonly Row[] {
  return counters.flatMap((counter): Row[] => {
    const drift = counter.result()
    if (drift === undefined) return []
    return [
      {
        window_start: start,
        window_end: start + driftMicros,
        model_name: name,
        model_version: version,
        column_name: counter.reference.name,
        type: counter.reference.kind,
        n: BigInt(drift.n),
        psi: drift.psi,
        psi_limit: drift.psiLimit,
        ks: drift.ks ?? null,
        ks_p: drift.ksP ?? null,
        js: drift.js,
        breached: drift.breached,
      },
    ]
  })
}
