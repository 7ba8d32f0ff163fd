import { bronzePath, lineage, resolvedPath, silverPath, type Stream } from '../../contract/index.js'
import { type Action, type AddFile, discard, filesThatMayMatch, removedFile, type Snapshot } from '../../delta/index.js'
import { type DuckDbSession, literal, openDeltaView } from '../../query/index.js'
import { dayMicros } from '../../types/index.js'
import {
  expiredBefore,
  expiredBeforeTxn,
  nextRowLoss,
  rowLossAppId,
  rowLossJson,
  SessionTable,
  timeBetween,
} from '../incremental/index.js'
import { type Lake, openSession, untilCommitted } from '../lake/index.js'
import { inRanges, nextSequence, openOutcomes, placeOf, recordOutcomes, recordRanges } from '../outcomes/index.js'
import type { ExpiredRows } from './expireDays.js'
import { openFile, writeFile } from './rewrittenFiles.js'

const maxPlans = 20
const places = lineage.join(', ')

/** What is written down with outcomes that nobody asked for. */
const note = { by: 'retention', why: 'its event is of a day that silver no longer keeps', fix: undefined }

/**
 * Settles replayed records whose rows silver has lost for their age: without it they would be in quarantine again. Written
 * down up to which day that is done, so that it is asked for once a day.
 */
export async function settleExpired(lake: Lake, stream: Stream): Promise<void> {
  const silver = await lake.table(silverPath(stream)).state({ fresh: true })
  const firstDay = silver && expiredBefore(silver)
  if (firstDay === undefined) return
  await recordOutcomes(lake, stream)
  const table = lake.table(resolvedPath(stream))
  const outcomes = await table.snapshot()
  const bronze = await lake.table(bronzePath(stream)).state({ fresh: true })
  if (outcomes === undefined || bronze === undefined || (expiredBefore(outcomes) ?? -Infinity) >= firstDay) return
  const bronzeId = bronze.metadata.id
  await using session = await openSession(lake)
  using view = await openOutcomes(session, lake, stream, outcomes)
  const isOver = timeBetween(stream, -(2n ** 62n), BigInt(firstDay) * dayMicros)
  const newest = `SELECT *, row_number() OVER (PARTITION BY ${places} ORDER BY _sequence DESC) AS newest
    FROM (${view.sql}) WHERE _bronze_id = ${literal(bronzeId)}`
  const { rows } = await session.query(
    `SELECT ${places} FROM (${newest}) WHERE newest = 1 AND _outcome = 'replayed' AND ${isOver}`,
  )
  const records = rows.map(placeOf)
  await recordOutcomes(lake, stream, [
    { outcome: 'expired', records, bronzeId, note: { ...note, at: await lake.store.now() } },
  ])
  const state = await table.state({ fresh: true })
  if (state === undefined) return
  // Whoever comes first has done the same.
  await table.commit({
    readVersion: state.version,
    actions: [{ txn: expiredBeforeTxn(state, firstDay, lake.clock.now()) }],
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    isBlindAppend: true,
    reads: { files: 'none', appIds: () => false },
  })
}

/**
 * Removes outcomes of records that bronze no longer has, once it has lost rejected records for their age: with them the
 * rows that replays brought.
 *
 * @returns undefined when there is nothing to remove
 */
export function expireOutcomes(lake: Lake, stream: Stream): Promise<ExpiredRows | undefined> {
  return untilCommitted(lake, resolvedPath(stream), maxPlans, () => expireOnce(lake, stream))
}

async function expireOnce(lake: Lake, stream: Stream): Promise<ExpiredRows | undefined | 'lost'> {
  const path = resolvedPath(stream)
  const table = lake.table(path)
  const [snapshot, bronze] = [await table.snapshot(), await lake.table(bronzePath(stream)).snapshot()]
  const firstDay = bronze && expiredBefore(bronze, 'rejected')
  if (snapshot === undefined || bronze === undefined || firstDay === undefined) return undefined
  if ((expiredBefore(snapshot, 'rejected') ?? -Infinity) >= firstDay) return undefined
  await using session = await openSession(lake)
  const rewriting = { lake, session, path, snapshot }
  const gone = await goneRecords(lake, stream, session, snapshot, bronze)
  const isGone = `_bronze_id = ${literal(bronze.metadata.id)} AND (${places}) IN (SELECT (${places}) FROM ${gone.name})`
  const [removes, adds]: [AddFile[], AddFile[]] = [[], []]
  let rows = 0
  for (const file of snapshot.files) {
    using view = await openFile(rewriting, file)
    const { n } = await session.row(`SELECT count(*) AS n FROM (${view.sql}) WHERE ${isGone}`)
    if (n === 0n) continue
    rows += Number(n)
    removes.push(file)
    const rest = `SELECT * FROM (${view.sql}) WHERE (${isGone}) IS NOT TRUE`
    const add = await writeFile(rewriting, rest, file.partitionValues, { orderBy: '_sequence, _partition, _offset' })
    if (add !== undefined) adds.push(add)
  }
  const now = lake.clock.now()
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [
      { txn: nextRowLoss(snapshot, now) },
      { txn: nextSequence(snapshot, now) },
      { txn: expiredBeforeTxn(snapshot, firstDay, now, 'rejected') },
      ...removes.map((file): Action => ({ remove: removedFile(file, now) })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: 'DELETE',
    operationMetrics: { numRemovedFiles: removes.length, numAddedFiles: adds.length, numDeletedRows: rows },
    info: { lake: { rowLoss: rowLossJson({ days: new Map() }) } },
    isBlindAppend: false,
    reads: { files: 'all', appIds: appId => appId === rowLossAppId(snapshot), overCompaction: true },
  })
  if (outcome.kind === 'committed')
    return rows === 0 ? undefined : { rows, files: removes.length, version: outcome.version }
  await discard({ store: lake.store.within(path) }, adds)
  return 'lost'
}

/** Records that have outcomes, and no row in bronze. */
async function goneRecords(
  lake: Lake,
  stream: Stream,
  session: DuckDbSession,
  snapshot: Snapshot,
  bronze: Snapshot,
): Promise<SessionTable> {
  using outcomes = await openOutcomes(session, lake, stream, snapshot)
  const settled = `SELECT DISTINCT ${places} FROM (${outcomes.sql}) WHERE _bronze_id = ${literal(bronze.metadata.id)}`
  const near = inRanges(await recordRanges(session, `(${settled})`))
  const hasError = { op: 'isNotNull', column: '_error_code' } as const
  using rejected = await openDeltaView(session, lake.files, {
    store: lake.store.within(bronzePath(stream)),
    state: bronze,
    files: filesThatMayMatch(bronze, bronze.files, { op: 'and', of: [hasError, near] }),
    columns: lineage,
  })
  const select = `SELECT * FROM (${settled}) ANTI JOIN (${rejected.sql}) USING (${places})`
  return await SessionTable.create(session, 'gone_records', lineage, select)
}
