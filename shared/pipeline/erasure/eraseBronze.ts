import { bronzePath, lineage, sqlName } from '../../contract/index.js'
import type { Action, AddFile, TableState, Txn } from '../../delta/index.js'
import { identifier, literal, sqlType } from '../../query/index.js'
import type { Json, Row } from '../../types/index.js'
import { erasedAppId } from '../bronze/index.js'
import { lostRowsTxns, nextRowLoss, rowLossAppId, rowLossJson, SessionTable } from '../incremental/index.js'
import { openSession, PipelineError } from '../lake/index.js'
import { placeOf, type RecordPlace } from '../outcomes/index.js'
import { slicesOf, sliceSql } from '../quarantine/index.js'
import { filesToSearch, openFile, type Rewriting, RewrittenFiles, writeFile } from '../retention/index.js'
import type { Erasure } from './erasure.js'
import { noteJson } from './erasureReport.js'

/** What a row was before it was erased, as `lake.bronze.erased` of `commitInfo` names it. */
const kinds = ['valid', 'quarantined', 'tombstones', 'dropped', 'filtered'] as const
type Kind = (typeof kinds)[number]

/** What was erased of one table by commits of its own. */
export interface ErasedRows {
  readonly rows: number
  readonly filesRewritten: number
  /** The table's version from which on nothing of the keys is in it. */
  readonly version: number
}

/** How many times in a row other writers may win. */
const maxPlans = 20
/** Bytes of values, and records, that are judged at once. */
const sliceBytes = 64 * 2 ** 20
const sliceRecords = 20_000

const inOrder = { orderBy: '_partition, _offset' }

/** All that is left of an erased row, beside its error code. */
const kept: readonly string[] = [...lineage, '_timestamp', '_ingested_at']

/**
 * Erases the keys' records from bronze: every row becomes one that has its place in Kafka and `ERASED`, so that nobody
 * takes its offset for one that was never read. Rows whose columns are null are known by their bytes. Files that came
 * while it was at work are searched too.
 *
 * @returns undefined when there is no bronze
 */
export async function eraseBronze(erasure: Erasure): Promise<ErasedRows | undefined> {
  const searched = new Set<string>()
  const done = { rows: 0, filesRewritten: 0, version: -1 }
  for (let plan = 1; plan <= maxPlans;) {
    const found = await eraseOnce(erasure, searched, done.version >= 0)
    if (found === 'noTable') return undefined
    if (found === 'clean') return done
    if (found === 'lost') {
      await erasure.lake.clock.sleep(Math.ceil(Math.random() * 100 * plan++))
      continue
    }
    done.rows += found.rows
    done.filesRewritten += found.filesRewritten
    done.version = found.version
  }
  throw new PipelineError('CONTENDED', `Other writers of ${bronzePath(erasure.stream)} won every time.`, {
    retryable: true,
  })
}

/** @returns `clean` when no file is left that was not searched, `lost` when another writer changed one of the files */
async function eraseOnce(
  erasure: Erasure,
  searched: Set<string>,
  isCommitted: boolean,
): Promise<ErasedRows | 'noTable' | 'clean' | 'lost'> {
  const { lake, stream, keys, run, note } = erasure
  const path = bronzePath(stream)
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return 'noTable'
  await using session = await openSession(lake)
  const rewriting = { lake, session, path, snapshot }
  const unread = { op: 'isNull', column: stream.key } as const
  const files = filesToSearch(rewriting, { op: 'or', of: [keys.predicate, unread] })
  const erased = await SessionTable.create(session, 'erased_rows', [...kept, 'kind', 'day'], noErasedRows(snapshot))
  const rewritten = new RewrittenFiles(rewriting)
  for (const file of files) {
    if (searched.has(file.path)) continue
    const matching = await findRows(erasure, rewriting, file, erased)
    if (matching === 0 && file.deletionVector === undefined) {
      searched.add(file.path)
      continue
    }
    using view = await openFile(rewriting, file)
    const rest = `SELECT * FROM (${view.sql}) ANTI JOIN ${erased.name} USING (${lineage.join(', ')})`
    rewritten.replace(file, await writeFile(rewriting, rest, file.partitionValues, inOrder))
  }
  if (rewritten.removes.length === 0 && isCommitted) return 'clean'
  await addMarkers(rewriting, erased, rewritten)
  const counts = await countKinds(erased)
  const rows = Object.values(counts).reduce((sum, n) => sum + n, 0)
  const now = lake.clock.now()
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [
      ...(await txnsOf(snapshot, erased, counts.valid, now)).map((txn): Action => ({ txn })),
      ...rewritten.actions(now),
    ],
    operation: 'ERASE',
    operationMetrics: { ...rewritten.metrics, numErasedRows: rows },
    info: {
      lake: {
        run: run.inCommit({ rowsIn: rows, rowsOut: 0 }, false),
        bronze: { erased: counts as Json },
        rowLoss: rowLossJson({ days: new Map() }),
        erasure: noteJson(note),
      },
    },
    isBlindAppend: false,
    reads: { files: 'none', appIds: appId => appId === rowLossAppId(snapshot) },
  })
  if (outcome.kind === 'conflict') {
    await rewritten.discard()
    return 'lost'
  }
  run.committed({ rowsIn: rows, rowsOut: 0 }, { table: sqlName(path), version: outcome.version, ranges: [] })
  return { rows, filesRewritten: rewritten.removes.length, version: outcome.version }
}

function noErasedRows({ schema }: Pick<TableState, 'schema'>): string {
  const columns = kept.map(name => {
    const type = schema.fields.find(field => field.name === name)?.type ?? 'string'
    return `CAST(NULL AS ${sqlType(type)}) AS ${name}`
  })
  return `SELECT ${columns.join(', ')}, '' AS kind, '' AS day WHERE false`
}

/** Adds a file's rows of the keys. @returns how many */
async function findRows(
  { stream, keys }: Erasure,
  rewriting: Rewriting,
  file: AddFile,
  erased: SessionTable,
): Promise<number> {
  const { session } = rewriting
  const day = file.partitionValues['_ingest_date'] ?? ''
  const columns = [...kept, '_error_code', '_key', '_value', '_headers']
  using view = await openFile(rewriting, file, [...columns, stream.key])
  const rowOf = (kind: string) => `${kept.join(', ')}, ${kind} AS kind, ${literal(day)} AS day`
  let found = await erased.insert(`SELECT ${rowOf(`'valid'`)} FROM (${view.sql}) WHERE ${keys.sql}`)
  const unread = await SessionTable.create(
    session,
    'unread_rows',
    [...columns, 'n'],
    `SELECT *, row_number() OVER () - 1 AS n FROM (${view.sql})
      WHERE ${identifier(stream.key)} IS NULL AND _error_code IS DISTINCT FROM 'ERASED'`,
  )
  for (const slice of await slicesOf(unread, sliceBytes, sliceRecords)) {
    const { rows } = await session.query(sliceSql(unread, slice))
    const ours = rows.filter(row =>
      keys.matches({ key: bytesOf(row, '_key'), value: bytesOf(row, '_value'), headers: headersOf(row) }),
    )
    if (ours.length === 0) continue
    const numbers = ours.map(row => (row['n'] as bigint).toString())
    found += await erased.insert(`SELECT ${rowOf(kindSql)} FROM ${unread.name} WHERE n IN (${numbers.join(', ')})`)
  }
  await unread.drop()
  return found
}

const kindSql = `CASE WHEN _error_code IS NULL THEN 'tombstones' WHEN _error_code = 'EXPECTATION_DROPPED' THEN 'dropped'
  WHEN _error_code = 'FILTERED' THEN 'filtered' ELSE 'quarantined' END`

const bytesOf = (row: Row, name: string) => row[name] as Uint8Array | null

function headersOf(row: Row): readonly (readonly [string, Uint8Array | null])[] {
  const text = row['_headers']
  if (typeof text !== 'string') return []
  const list = JSON.parse(text) as readonly (readonly [string, string | null])[]
  return list.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')] as const)
}

/** What is left of the rows, in a file a day of ingestion. */
async function addMarkers(rewriting: Rewriting, erased: SessionTable, rewritten: RewrittenFiles): Promise<void> {
  const { session, snapshot } = rewriting
  const { rows: days } = await session.query(`SELECT DISTINCT day FROM ${erased.name} ORDER BY day`)
  const columns = snapshot.schema.fields.map(({ name, type }) => {
    if (kept.includes(name)) return name
    const value = name === '_error_code' ? `'ERASED'` : 'NULL'
    return `CAST(${value} AS ${sqlType(type)}) AS ${identifier(name)}`
  })
  for (const { day } of days) {
    const select = `SELECT ${columns.join(', ')} FROM ${erased.name} WHERE day = ${literal(day as string)}`
    const values = { _ingest_date: day === '' ? null : (day as string) }
    rewritten.add(await writeFile(rewriting, select, values, inOrder))
  }
}

async function countKinds(erased: SessionTable): Promise<Record<Kind, number>> {
  const counts = Object.fromEntries(kinds.map(kind => [kind, 0])) as Record<Kind, number>
  const { rows } = await erased.session.query(`SELECT kind, count(*) AS n FROM ${erased.name} GROUP BY kind`)
  for (const { kind, n } of rows) counts[kind as Kind] = Number(n)
  return counts
}

/** How far in each partition erased offsets reach, for whoever reads them again under another generation. */
async function txnsOf(state: TableState, erased: SessionTable, valid: number, now: number): Promise<readonly Txn[]> {
  const { rows } = await erased.session.query(
    `SELECT _topic, _generation, _partition, max(_offset) AS _offset FROM ${erased.name} GROUP BY ALL`,
  )
  const reached = rows.map(placeOf).map((place: RecordPlace): Txn => {
    const appId = erasedAppId(state.metadata.id, place)
    const before = state.txns.get(appId)?.version ?? -1n
    return { appId, version: place.offset > before ? place.offset : before, lastUpdated: now }
  })
  return [...reached, nextRowLoss(state, now), ...lostRowsTxns(state, 'valid', valid, now)]
}
