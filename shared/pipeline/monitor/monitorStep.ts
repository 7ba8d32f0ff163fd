import { bronzePath } from '../../contract/tables.js'
import type { Stream } from '../../contract/stream.js'
import type { Action } from '../../delta/actions.js'
import { writeDataFile } from '../../delta/dataFile.js'
import type { Json } from '../../delta/json.js'
import type { TableState } from '../../delta/state.js'
import type { DeltaTable } from '../../delta/table.js'
import type { Row } from '../../parquet/dataType.js'
import type { DuckDbSession } from '../../query/duckdbSession.js'
import { foldRuns } from '../accounting/foldRuns.js'
import { asObject, newestEntry } from '../accounting/newestEntry.js'
import { openEvolving } from '../evolvingTable.js'
import type { Lake } from '../lake.js'
import { openSession } from '../openSession.js'
import { PipelineError } from '../pipelineError.js'
import { columnsOf } from '../rowColumns.js'
import { readCursor, type Cursor } from '../cursor.js'
import type { StepReport } from '../stepReport.js'
import { runStep, type StepResult, type StepRun, type Trigger } from '../stepRun.js'
import { bronzeIdentity, layers, scoredIdentity, silverIdentity, summaryIdentity, type Identity, type Layer, type Span } from './accounts.js'
import { bookStream, decodeBooks, layerPath, emptyBooks, encodeBooks, type Booking, type Books } from './books.js'
import { measureLag, spanOf } from './lag.js'
import { monitorRow } from './monitorRow.js'
import { monitorTable } from './monitorTable.js'
import { judge } from './status.js'
import { versionsSinceCheckpoint } from './tableHealth.js'

/**
 * Looks at every table: appends one row a table to `monitor_logs`, and the runs since last time to `cluster_logs`. Two
 * at once: one appends, the other finds nothing to do.
 */
export async function runMonitor(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return [await runStep(lake, { step: 'monitor', trigger }, run => observe(lake, run))]
}

/** What one run of the monitor leaves for the next, in the commit that has its rows. */
export interface Memory {
  readonly runTime: number
  readonly books: Readonly<Record<string, Books>>
}

async function observe(lake: Lake, run: StepRun): Promise<StepResult> {
  await lake.journal.flush()
  // Opened before anything is done: whoever appends from here on makes this run a conflict.
  const { table, state, metadata, schema } = await openEvolving(lake, monitorTable)
  const folded = await foldRuns(lake)
  if (folded.contended) return { rowsIn: 0, rowsOut: 0, version: undefined, more: true, detail: { conflict: 'concurrentTransaction' } }
  const before = await lastMemory(table, state)
  const runTime = lake.clock.now()
  const books: Record<string, Books> = {}
  const rows: Row[] = []
  await using session = await openSession(lake)
  for (const stream of lake.streams) {
    const observed = await observeStream(lake, session, stream, before.books[stream.name] ?? emptyBooks, runTime, before.runTime)
    books[stream.name] = observed.books
    rows.push(...observed.rows)
  }
  const layout = { schema, partitionColumns: [], configuration: state.metadata.configuration }
  const add = await writeDataFile(table.store, layout, columnsOf(schema.fields, rows), {})
  const turn = `lake/${state.metadata.id}/monitor`
  const counts = { rowsIn: folded.rows, rowsOut: rows.length }
  const memory: Json = { runTime, books: Object.fromEntries(Object.entries(books).map(([name, b]) => [name, encodeBooks(b)])) }
  const actions: Action[] = [
    ...(metadata === undefined ? [] : [{ metaData: metadata }]),
    { txn: { appId: turn, version: (state.txns.get(turn)?.version ?? 0n) + 1n, lastUpdated: runTime } },
    { add },
  ]
  const outcome = await table.commit({
    readVersion: state.version,
    actions,
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    operationMetrics: { numFiles: 1, numOutputRows: rows.length, numOutputBytes: add.size },
    info: { lake: { run: run.inCommit(counts, true), monitor: memory } },
    isBlindAppend: true,
    reads: { files: 'none', appIds: appId => appId === turn },
  })
  if (outcome.kind === 'conflict') return { ...counts, rowsOut: 0, version: undefined, detail: { runs: folded.rows, conflict: outcome.reason } }
  run.committed(counts)
  return { ...counts, version: outcome.version, more: folded.more, detail: { runs: folded.rows } }
}

async function observeStream(lake: Lake, session: DuckDbSession, stream: Stream, before: Books, runTime: number, lastRun: number) {
  // Kafka is asked first: what arrives while the tables are read must not look like lag that shrank.
  const lag = await measureLag(lake, stream)
  const { books, found, states } = await bookStream(lake, session, stream, before)
  const { accounts } = books
  // Progress and files must be of one version, or a commit in between would look like rows lost or doubled.
  const span = states.bronze === undefined ? undefined : spanOf(stream, states.bronze)
  const newlyMissing = accounts.said.missing - (isSameTable(before, books, bronzePath(stream)) ? before.accounts.said.missing : 0)
  const rate = lastRun === 0 ? 0 : found.bronze.rows / ((runTime - lastRun) / 1000)
  const rows: Row[] = []
  for (const layer of layers) {
    const path = layerPath(stream, layer)
    const state = states[layer]
    const { identity, stopped } = await identityOf(lake, stream, layer, books, states, span)
    const newest = accounts.newest[layer]
    const verdict = judge({
      layer,
      exists: state !== undefined,
      freshness: newest === 0 ? undefined : runTime / 1000 - newest / 1e6,
      lag: lag.total,
      identity,
      newlyMissing: layer === 'bronze' ? BigInt(newlyMissing) : 0n,
      stopped: layer === 'bronze' ? [...lag.stopped, ...stopped] : stopped,
      late: lake.settings.freshnessLate / 1000,
      stale: lake.settings.freshnessStale / 1000,
    })
    rows.push(
      monitorRow({
        path,
        stream: stream.name,
        layer,
        runTime,
        verdict,
        booked: state === undefined ? undefined : books.booked[path],
        accounts,
        found: found[layer],
        identity,
        lag: layer === 'bronze' ? lag : undefined,
        span: layer === 'bronze' ? span : undefined,
        secondsToDrain: layer !== 'bronze' ? undefined : lag.total === 0n ? 0 : rate > 0 ? Number(lag.total) / rate : undefined,
        versionsSinceCheckpoint: state === undefined ? undefined : await versionsSinceCheckpoint(lake.table(path), state),
      }),
    )
  }
  return { books, rows }
}

function isSameTable(before: Books, after: Books, path: string): boolean {
  return before.booked[path]?.id === after.booked[path]?.id
}

interface Balance {
  readonly identity: Identity | undefined
  /** What keeps the layer from going on, in words. */
  readonly stopped: readonly string[]
}

async function identityOf(
  lake: Lake,
  stream: Stream,
  layer: Layer,
  books: Books,
  states: Booking['states'],
  span: Span | undefined,
): Promise<Balance> {
  if (layer === 'bronze') return { identity: span && bronzeIdentity(books.accounts, span), stopped: [] }
  const table = states[layer]
  const before = ({ silver: 'bronze', gold: 'silver', summary: 'gold' } as const)[layer]
  const source = states[before]
  if (table === undefined || source === undefined) return { identity: undefined, stopped: [] }
  const rebuild = `lake rebuild ${layer === 'silver' ? 'silver' : 'gold'}`
  try {
    const cursor = readCursor(table, source.metadata.id, { table: layerPath(stream, layer), source: layerPath(stream, before), rebuild })
    const caughtUp = await hasReadAll(lake.table(layerPath(stream, before)), cursor, source)
    if (layer === 'silver') return { identity: silverIdentity(books.accounts, caughtUp), stopped: [] }
    const identity = layer === 'gold' ? scoredIdentity : summaryIdentity
    return { identity: caughtUp ? identity(books.accounts) : undefined, stopped: [] }
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    return { identity: undefined, stopped: [error.message] }
  }
}

/** Whether nothing was added or removed behind the cursor: commits that only rearrange rows do not move it. */
async function hasReadAll(source: DeltaTable, cursor: Cursor | undefined, { version }: TableState): Promise<boolean> {
  if (cursor === undefined || cursor.files > 0) return false
  for await (const { actions } of source.commits(cursor.version + 1, version)) {
    if (actions.some(a => ('add' in a && a.add.dataChange) || ('remove' in a && a.remove.dataChange))) return false
  }
  return true
}

/** What the newest run of the monitor left. */
export async function lastMemory(table: DeltaTable, state: TableState): Promise<Memory> {
  const memory = await newestEntry(table, state, 'monitor')
  const books = Object.entries(asObject(memory?.['books']) ?? {}).map(([name, b]) => [name, decodeBooks(b)] as const)
  return { runTime: Number(memory?.['runTime'] ?? 0), books: Object.fromEntries(books) }
}
