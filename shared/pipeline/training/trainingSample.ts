import { lineage, silverPath, type Stream } from '../../contract/index.js'
import { filesThatMayMatch, type Snapshot } from '../../delta/index.js'
import { type DuckDbSession, identifier, openDeltaView } from '../../query/index.js'
import { columnKey } from '../../types/index.js'
import { filePieces, pieceOf, rowsIn, SessionTable, timeBetween } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'

/** Which rows of silver are drawn. */
export interface SampleOptions {
  /** Microseconds of event time; older rows are left out. */
  readonly since: bigint | undefined
  /** Most rows. */
  readonly rows: number
  readonly seed: number
  /** Told after each piece that was read, in rows. */
  readonly onRead?: ((read: number, total: number) => void) | undefined
}

/** What rows are drawn from. */
export interface SampleSource {
  readonly lake: Lake
  readonly stream: Stream
  /** A snapshot of its silver. */
  readonly silver: Snapshot
}

/** Rows of silver, drawn at random: `draw` is their order, and random numbers come from it. */
export type TrainingSample = SessionTable

/** After any event. */
const lastTime = 253_402_300_800_000_000n

/**
 * Draws rows of a snapshot of silver, each as likely as any other. A row's place in the draw is a hash of its lineage
 * and the seed, and those with the lowest hashes are taken: the same seed draws the same rows however they lie in files,
 * and memory is bounded by the sample and one piece of silver.
 *
 * @param columns wanted of silver
 */
export async function drawSample(
  session: DuckDbSession,
  source: SampleSource,
  columns: readonly string[],
  options: SampleOptions,
): Promise<TrainingSample> {
  const { lake, stream, silver } = source
  const { since, rows, seed, onRead } = options
  const store = lake.store.within(silverPath(stream))
  const files = since === undefined ? silver.files : filesSince(stream, silver, since)
  const total = rowsIn(files)
  const wanted = [...new Set([...columns, stream.eventTime, ...lineage])]
  const drawn = `hash(${lineage.map(identifier).join(', ')}, ${seed}::BIGINT)`
  const where = since === undefined ? 'true' : timeBetween(stream, since, lastTime)
  let table: SessionTable | undefined
  let read = 0
  for (const part of filePieces(files, pieceOf(lake, {}))) {
    using view = await openDeltaView(session, lake.files, { store, state: silver, files: part, columns: wanted })
    const select = `SELECT *, ${drawn} AS draw FROM (${view.sql}) WHERE ${where} ORDER BY draw LIMIT ${rows}`
    if (table === undefined) table = await SessionTable.create(session, 'drawn', [...columns, 'draw'], select)
    else {
      await table.insert(select)
      await keepLowest(session, rows)
    }
    read += rowsIn(part)
    onRead?.(read, total)
  }
  table ??= await emptySample(session, source, columns)
  return await SessionTable.create(session, 'sample', table.columns, `SELECT * FROM drawn ORDER BY draw LIMIT ${rows}`)
}

/** Leaves as many rows as are wanted. */
async function keepLowest(session: DuckDbSession, rows: number): Promise<void> {
  await session.run(
    `DELETE FROM drawn WHERE draw > (SELECT max(draw) FROM (SELECT draw FROM drawn ORDER BY draw LIMIT ${rows}))`,
  )
}

async function emptySample(
  session: DuckDbSession,
  { lake, stream, silver }: SampleSource,
  columns: readonly string[],
): Promise<SessionTable> {
  const store = lake.store.within(silverPath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: silver, files: [], columns })
  return await SessionTable.create(
    session,
    'drawn',
    [...columns, 'draw'],
    `SELECT *, 0::UBIGINT AS draw FROM (${view.sql})`,
  )
}

function filesSince(stream: Stream, silver: Snapshot, since: bigint) {
  return filesThatMayMatch(silver, silver.files, { op: '>=', column: columnKey([stream.eventTime]), value: since })
}
