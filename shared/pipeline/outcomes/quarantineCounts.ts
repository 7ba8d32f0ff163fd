import {
  bronzePath,
  excludedCodes,
  finalOutcomes,
  lineage,
  type Outcome,
  resolvedPath,
  silverPath,
  type Stream,
} from '../../contract/index.js'
import { filesThatMayMatch, type Predicate, type TableState } from '../../delta/index.js'
import { type DuckDbSession, literal, openDeltaView } from '../../query/index.js'
import { namedValues } from '../../types/index.js'
import { SessionTable, snapshotOf } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { inRanges, recordRanges } from './recordRanges.js'

/** Records that wait in quarantine for one reason. */
export interface Waiting {
  readonly count: number
  /** Microseconds: when the oldest of them was ingested. */
  readonly oldest: number
}

/** What is in quarantine by reason, and what was settled by outcome. */
interface QuarantineCounts {
  readonly waiting: Readonly<Record<string, Waiting>>
  readonly settled: Readonly<Record<Outcome, number>>
}

const noneSettled: QuarantineCounts['settled'] = { replayed: 0, duplicate: 0, purged: 0, erased: 0, expired: 0 }

/** The tables as they are counted. */
interface QuarantineTables {
  readonly bronze: TableState
  readonly silver: TableState | undefined
  readonly outcomes: TableState | undefined
}

const places = lineage.join(', ')

/**
 * Counts all rejected records of a stream. Of silver only what can hold a record that was replayed is read: whether it
 * holds it still.
 */
export async function countQuarantine(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  { bronze, silver, outcomes }: QuarantineTables,
): Promise<QuarantineCounts> {
  const rejected = await load(session, lake, 'counted_records', {
    path: bronzePath(stream),
    state: bronze,
    columns: [...lineage, '_ingested_at', '_error_code'],
    where: `_error_code NOT IN (${excludedCodes.map(literal).join(', ')})`,
    predicate: { op: 'isNotNull', column: '_error_code' },
  })
  const settled = await SessionTable.create(
    session,
    'counted_outcomes',
    [...lineage, 'outcome'],
    `SELECT ${places}, '' AS outcome FROM ${rejected.name} LIMIT 0`,
  )
  if (outcomes !== undefined) await addSettled(session, lake, stream, { bronze, silver, outcomes }, settled)
  const waiting = namedValues<Waiting>()
  const byOutcome: Record<Outcome, number> = { ...noneSettled }
  const { rows } = await session.query(`
    SELECT s.outcome, _error_code AS reason, count(*) AS n, min(epoch_us(_ingested_at)) AS oldest
    FROM ${rejected.name} LEFT JOIN ${settled.name} AS s USING (${places}) GROUP BY ALL ORDER BY ALL`)
  for (const { outcome, reason, n, oldest } of rows) {
    if (outcome === null) waiting[reason as string] = { count: Number(n), oldest: Number(oldest) }
    else byOutcome[outcome as Outcome] += Number(n)
  }
  for (const table of [rejected, settled]) await table.drop()
  return { waiting, settled: byOutcome }
}

/** Records that an outcome settles: for good, or as long as silver holds their row. */
async function addSettled(
  session: DuckDbSession,
  lake: Lake,
  stream: Stream,
  { bronze, silver, outcomes }: QuarantineTables & { readonly outcomes: TableState },
  settled: SessionTable,
): Promise<void> {
  const known = await load(session, lake, 'known_outcomes', {
    path: resolvedPath(stream),
    state: outcomes,
    columns: [...lineage, '_outcome', '_sequence', '_bronze_id'],
    where: `_bronze_id = ${literal(bronze.metadata.id)}`,
  })
  const isFinal = `_outcome IN (${finalOutcomes.map(literal).join(', ')})`
  await settled.insert(`
    SELECT ${places}, max_by(_outcome, _sequence) AS outcome FROM ${known.name} WHERE ${isFinal} GROUP BY ${places}`)
  if (silver !== undefined) {
    const replayed = `SELECT DISTINCT ${places} FROM ${known.name} WHERE _outcome = 'replayed'`
    const held = await load(session, lake, 'held_replays', {
      path: silverPath(stream),
      state: silver,
      columns: lineage,
      where: `(${places}) IN (SELECT (${places}) FROM ${known.name} WHERE _outcome = 'replayed')`,
      predicate: inRanges(await recordRanges(session, `(${replayed})`)),
    })
    await settled.insert(
      `SELECT ${places}, 'replayed' AS outcome FROM ${held.name} ANTI JOIN ${settled.name} USING (${places})`,
    )
    await held.drop()
  }
  await known.drop()
}

interface Loaded {
  readonly path: string
  readonly state: TableState
  readonly columns: readonly string[]
  readonly where: string
  readonly predicate?: Predicate
}

async function load(
  session: DuckDbSession,
  lake: Lake,
  name: string,
  { path, state, columns, where, predicate }: Loaded,
): Promise<SessionTable> {
  const { files } = await snapshotOf(lake.table(path), state.version)
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(path),
    state,
    files: predicate === undefined ? files : filesThatMayMatch(state, files, predicate),
    columns,
  })
  return await SessionTable.create(session, name, columns, `SELECT * FROM (${view.sql}) WHERE ${where}`)
}
