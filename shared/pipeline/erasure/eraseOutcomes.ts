import { lineage, resolvedPath } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { type DeltaView, type DuckDbSession, identifier, literal, openDeltaView, sqlType } from '../../query/index.js'
import { nextRowLoss, rowLossAppId, rowLossJson } from '../incremental/index.js'
import { openSession, untilCommitted } from '../lake/index.js'
import { nextSequence } from '../outcomes/index.js'
import { openFile, RewrittenFiles, writeFile } from '../retention/index.js'
import type { ErasedRows } from './eraseBronze.js'
import { loadMarkers } from './eraseDerived.js'
import type { Erasure } from './erasure.js'
import { noteJson } from './erasureReport.js'

const maxPlans = 20
const places = lineage.join(', ')

/** What stays of an outcome: whose record it was is not among it, nor what anybody wrote about it. */
const kept: ReadonlySet<string> = new Set([...lineage, '_at', '_sequence', '_bronze_id'])

/** What people wrote of a record. */
const notes = ['_fix', '_by', '_why'] as const

/**
 * Makes the outcomes of erased records `erased`, without the rows that replays brought, their fixes and what was said of
 * them. What was said of other records and names a key is taken out, too.
 *
 * @returns undefined when the stream has no outcomes
 */
export async function eraseOutcomes(erasure: Erasure): Promise<ErasedRows | undefined> {
  return untilCommitted(erasure.lake, resolvedPath(erasure.stream), maxPlans, () => eraseOnce(erasure))
}

async function eraseOnce({ lake, stream, keys, note }: Erasure): Promise<ErasedRows | undefined | 'lost'> {
  const path = resolvedPath(stream)
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return undefined
  await using session = await openSession(lake)
  const rewriting = { lake, session, path, snapshot }
  using all = await openDeltaView(session, lake.files, {
    store: lake.store.within(path),
    state: snapshot,
    files: snapshot.files,
    columns: [...lineage, ...notes],
  })
  const naming = await notesNaming(session, all, keys)
  const isNaming = notes.map(name => `${name} IN ${naming}`).join(' OR ')
  const unnamed = notes.map(name => `CASE WHEN ${name} IN ${naming} THEN NULL ELSE ${name} END AS ${name}`)
  const markers = await loadMarkers(lake, session, stream, all.sql)
  const hasKey = snapshot.schema.fields.some(({ name }) => name === stream.key)
  const isOurs = `(${places}) IN (SELECT (${places}) FROM ${markers.name})`
  const match = `_outcome <> 'erased' AND (${hasKey ? `coalesce(${keys.sql}, false) OR ` : ''}${isOurs})`
  const rewritten = new RewrittenFiles(rewriting)
  let rows = 0
  for (const file of snapshot.files) {
    using view = await openFile(rewriting, file)
    const { n, named } = await session.row(
      `SELECT count(*) FILTER (${match}) AS n, count(*) FILTER (${isNaming}) AS named FROM (${view.sql})`,
    )
    if (n === 0n && named === 0n && file.deletionVector === undefined) continue
    rows += Number(n)
    const select = `
      SELECT * REPLACE (${unnamed.join(', ')}) FROM (${view.sql}) WHERE (${match}) IS NOT TRUE
      UNION ALL BY NAME SELECT ${erasedColumns(snapshot)} FROM (${view.sql}) WHERE ${match}`
    const layout = { orderBy: '_sequence, _partition, _offset' }
    rewritten.replace(file, await writeFile(rewriting, select, file.partitionValues, layout))
  }
  const now = lake.clock.now()
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [{ txn: nextRowLoss(snapshot, now) }, { txn: nextSequence(snapshot, now) }, ...rewritten.actions(now)],
    operation: 'ERASE',
    operationMetrics: { ...rewritten.metrics, numErasedRows: rows },
    info: { lake: { rowLoss: rowLossJson({ days: new Map() }), erasure: noteJson(note) } },
    isBlindAppend: false,
    reads: { files: 'all', appIds: appId => appId === rowLossAppId(snapshot), overCompaction: true },
  })
  if (outcome.kind === 'conflict') {
    await rewritten.discard()
    return 'lost'
  }
  return { rows, filesRewritten: rewritten.removes.length, version: outcome.version }
}

/** The notes in which one of the keys stands, as a list of SQL. */
async function notesNaming(
  session: DuckDbSession,
  outcomes: Pick<DeltaView, 'sql'>,
  keys: Erasure['keys'],
): Promise<string> {
  const { rows } = await session.query(
    `SELECT DISTINCT note FROM (SELECT unnest([${notes.join(', ')}]) AS note FROM (${outcomes.sql}))`,
  )
  const found = rows.flatMap(({ note }) => (typeof note === 'string' && keys.areNamedIn(note) ? [literal(note)] : []))
  return `(${['NULL', ...found].join(', ')})`
}

function erasedColumns({ schema }: Pick<TableState, 'schema'>): string {
  return schema.fields
    .map(({ name, type }) => {
      if (kept.has(name)) return identifier(name)
      return `CAST(${name === '_outcome' ? `'erased'` : 'NULL'} AS ${sqlType(type)}) AS ${identifier(name)}`
    })
    .join(', ')
}
