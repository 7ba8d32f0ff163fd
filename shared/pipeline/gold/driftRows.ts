import { scoredPath, type Stream } from '../../contract/index.js'
import type { AddFile, Snapshot } from '../../delta/index.js'
import type { ColumnDrift } from '../../models/drift/index.js'
import { featureWidth } from '../../models/index.js'
import { type DuckDbSession, literal, openDeltaView } from '../../query/index.js'
import { dayMicros, type Row } from '../../types/index.js'
import { featureColumns, FeatureMatrix } from '../features/index.js'
import type { Lake } from '../lake/index.js'
import { countersOf, type ModelReferences, type VersionReference } from './modelReferences.js'

/** Most rows of a day and version that are compared, nearly: more say no more. */
const maxRows = 20_000

const batchRows = 16_384

/** The scored table whose rows are compared, and by what. */
export interface Compared {
  readonly lake: Lake
  readonly session: DuckDbSession
  readonly stream: Stream
  readonly scored: Snapshot
  readonly references: ModelReferences
}

/** A day of event time, UTC. */
export interface ComparedDay {
  /** Microseconds. */
  readonly start: bigint
  /** Whether it is over: before that it has not all of its hours, and is like no training. */
  readonly isOver: boolean
  /** The scored table's files of it. */
  readonly files: readonly AddFile[]
}

/** The rows of the drift table for one day. */
export async function driftOfDay(compared: Compared, day: ComparedDay): Promise<readonly Row[]> {
  const { lake, session, stream, scored, references } = compared
  const store = lake.store.within(scoredPath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: scored, files: day.files })
  const rows = `SELECT * FROM (${view.sql}) WHERE score IS NOT NULL`
  const { rows: groups } = await session.query(
    `SELECT model_name, model_version, count(*) AS n FROM (${rows}) GROUP BY ALL ORDER BY ALL`,
  )
  const there = new Set(scored.schema.fields.map(({ name }) => name))
  const made: Row[] = []
  for (const { model_name: name, model_version: version, n } of groups) {
    if (typeof name !== 'string' || typeof version !== 'string') continue
    const reference = await references.of(name, version)
    if (reference === undefined) continue
    // The same rows however often they are drawn, and from all of the day.
    const every = Math.max(1, Math.ceil(Number(n) / maxRows))
    const select = `
      SELECT score, ${featureColumns(reference.features, there)} FROM (${rows})
      WHERE model_name = ${literal(name)} AND model_version = ${literal(version)} AND hash(_partition, _offset) % ${every} = 0`
    const counters = await countRows(session, select, reference)
    for (const [i, counter] of counters.entries()) {
      const isJudged = day.isOver && reference.columns[i]?.isJudged === true
      made.push(...rowOf(counter, { name, version, day, isJudged }))
    }
  }
  return made
}

/** Counts the rows in the bins of the reference. */
async function countRows(
  session: DuckDbSession,
  select: string,
  reference: VersionReference,
): Promise<readonly ColumnDrift[]> {
  const width = featureWidth(reference.features)
  const counters = countersOf(reference)
  const matrix = new FeatureMatrix(reference.features, batchRows)
  const scores = new Float64Array(batchRows)
  const flush = () => {
    const values = matrix.filled()
    for (const [i, { at }] of reference.columns.entries())
      for (let row = 0; row < matrix.rows; row++)
        counters[i]?.add((at === width ? scores[row] : values[row * width + at]) as number)
    matrix.clear()
  }
  const { batches } = await session.stream(select)
  for await (const batch of batches) {
    for (const row of batch) {
      scores[matrix.rows] = row['score'] as number
      matrix.add(row)
      if (matrix.rows === batchRows) flush()
    }
  }
  flush()
  return counters
}

/** What a row is of besides its column. */
interface RowPlace {
  readonly name: string
  readonly version: string
  readonly day: ComparedDay
  readonly isJudged: boolean
}

function rowOf(counter: ColumnDrift, { name, version, day, isJudged }: RowPlace): readonly Row[] {
  const drift = counter.result()
  if (drift === undefined) return []
  return [
    {
      window_start: day.start,
      window_end: day.start + dayMicros,
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
      breached: isJudged ? drift.breached : null,
    },
  ]
}
