import { bronzePath, lineage, resolvedPath, sqlName, type Stream } from '../../contract/index.js'
import { type Action, filesThatMayMatch, type Predicate } from '../../delta/index.js'
import { type DuckDbSession, identifier, literal, openDeltaView } from '../../query/index.js'
import {
  eventDate,
  lookupLayout,
  lostRowsTxns,
  movesCursor,
  nextRowLoss,
  rowLossAppId,
  rowLossJson,
  SessionTable,
} from '../incremental/index.js'
import { type Lake, openSession, untilCommitted } from '../lake/index.js'
import { inRanges, openOutcomes, recordRanges } from '../outcomes/index.js'
import { filesToSearch, openFile, RewrittenFiles, writeFile } from '../retention/index.js'
import type { ErasedRows } from './eraseBronze.js'
import type { Erasure } from './erasure.js'
import { noteJson } from './erasureReport.js'

/** A table of a stream's events: silver, or the scored one. */
export interface DerivedTable {
  readonly path: string
  /** Where in `lake` of `commitInfo` its counts are. */
  readonly layer: 'silver' | 'gold'
  /** Whether tables of sums over its days are made of it. */
  readonly isSummed: boolean
}

const maxPlans = 20
const places = lineage.join(', ')

/**
 * Erases the keys' rows from a table that follows bronze, and rows of erased records that a replay brought under another
 * key. There is a commit in any case: whoever is about to commit rows made of what bronze had before must meet it.
 *
 * @returns undefined when there is no such table
 */
export async function eraseDerived(erasure: Erasure, derived: DerivedTable): Promise<ErasedRows | undefined> {
  return untilCommitted(erasure.lake, derived.path, maxPlans, () => eraseOnce(erasure, derived))
}

/** @returns `lost` when another writer changed rows */
async function eraseOnce(
  { lake, stream, keys, run, note }: Erasure,
  { path, layer, isSummed }: DerivedTable,
): Promise<ErasedRows | undefined | 'lost'> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return undefined
  await using session = await openSession(lake)
  const rewriting = { lake, session, path, snapshot }
  const replayed = await erasedReplays(lake, session, stream)
  const of: Predicate[] = [keys.predicate, inRanges(await recordRanges(session, replayed.name))]
  const match = `coalesce(${keys.sql}, false) OR (${places}) IN (SELECT (${places}) FROM ${replayed.name})`
  const rewritten = new RewrittenFiles(rewriting)
  const days = new Map<string, number>()
  let rows = 0
  for (const file of filesToSearch(rewriting, { op: 'or', of })) {
    using view = await openFile(rewriting, file)
    const { n } = await session.row(`SELECT count(*) AS n FROM (${view.sql}) WHERE ${match}`)
    if (n === 0n && file.deletionVector === undefined) continue
    rows += Number(n)
    const day = file.partitionValues[eventDate] ?? ''
    if (n !== 0n && day !== '') days.set(day, (days.get(day) ?? 0) + Number(n))
    const rest = `SELECT * FROM (${view.sql}) WHERE NOT (${match})`
    rewritten.replace(file, await writeFile(rewriting, rest, file.partitionValues, layoutOf(stream, layer)))
  }
  const now = lake.clock.now()
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [
      ...[nextRowLoss(snapshot, now), ...lostRowsTxns(snapshot, 'erased', rows, now)].map((txn): Action => ({ txn })),
      ...rewritten.actions(now),
    ],
    operation: 'ERASE',
    operationMetrics: { ...rewritten.metrics, numErasedRows: rows },
    info: {
      lake: {
        run: run.inCommit({ rowsIn: rows, rowsOut: 0 }, false),
        [layer]: { erased: rows },
        rowLoss: rowLossJson({ days: isSummed ? days : new Map() }),
        erasure: noteJson(note),
      },
    },
    isBlindAppend: false,
    // Rows that came meanwhile were made of what bronze had before: they are searched as well.
    reads: {
      files: 'all',
      appIds: appId => appId === rowLossAppId(snapshot) || movesCursor(snapshot)(appId),
      overCompaction: true,
    },
  })
  if (outcome.kind === 'conflict') {
    await rewritten.discard()
    return 'lost'
  }
  run.committed({ rowsIn: rows, rowsOut: 0 }, { table: sqlName(path), version: outcome.version, ranges: [] })
  return { rows, filesRewritten: rewritten.removes.length, version: outcome.version }
}

const layoutOf = (stream: Stream, layer: DerivedTable['layer']) => ({
  orderBy: (stream.clusterBy.length === 0 ? [stream.eventTime] : stream.clusterBy).map(identifier).join(', '),
  ...(layer === 'silver' ? lookupLayout(stream) : {}),
})

/** Records that bronze has as erased and that a replay once brought. */
async function erasedReplays(lake: Lake, session: DuckDbSession, stream: Stream): Promise<SessionTable> {
  const none = `SELECT ''::VARCHAR AS _topic, 0::INTEGER AS _generation, 0::INTEGER AS _partition, 0::BIGINT AS _offset`
  const found = await SessionTable.create(session, 'erased_replays', lineage, `${none} WHERE false`)
  const outcomes = await lake.table(resolvedPath(stream)).snapshot()
  if (outcomes === undefined) return found
  using view = await openOutcomes(session, lake, stream, outcomes)
  const replays = `SELECT ${places} FROM (${view.sql}) WHERE _outcome = 'replayed'`
  const markers = await loadMarkers(lake, session, stream, replays)
  await found.insert(`SELECT DISTINCT ${places} FROM (${replays}) SEMI JOIN ${markers.name} USING (${places})`)
  await markers.drop()
  return found
}

/** The places of erased records of bronze, near those of a SELECT. */
export async function loadMarkers(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  near: string,
): Promise<SessionTable> {
  const path = bronzePath(stream)
  const bronze = await lake.table(path).snapshot()
  const ranges = inRanges(await recordRanges(session, `(${near})`))
  const isErased: Predicate = { op: '=', column: '_error_code', value: 'ERASED' }
  const files =
    bronze === undefined ? [] : filesThatMayMatch(bronze, bronze.files, { op: 'and', of: [isErased, ranges] })
  const none = `SELECT '' AS _topic, 0 AS _generation, 0 AS _partition, 0::BIGINT AS _offset`
  const found = await SessionTable.create(session, 'erased_places', lineage, `${none} WHERE false`)
  if (bronze === undefined || files.length === 0) return found
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(path),
    state: bronze,
    files,
    columns: [...lineage, '_error_code'],
  })
  await found.insert(`SELECT ${places} FROM (${view.sql}) WHERE _error_code = ${literal('ERASED')}`)
  return found
}
