import { bronzePath, scoredPath, silverPath } from '../../contract/tables.js'
import type { Stream } from '../../contract/stream.js'
import type { Action } from '../../delta/actions.js'
import { commitInfoOf } from '../../delta/commit.js'
import { writeDataFile } from '../../delta/dataFile.js'
import type { Json } from '../../delta/json.js'
import type { TableState } from '../../delta/state.js'
import type { DeltaTable } from '../../delta/table.js'
import type { Row } from '../../parquet/dataType.js'
import { DuckDbSession } from '../../query/duckdbSession.js'
import { foldRuns } from '../accounting/foldRuns.js'
import { openEvolving } from '../evolvingTable.js'
import type { Lake } from '../lake.js'
import { columnsOf } from '../rowColumns.js'
import { readCursor } from '../silver/cursor.js'
import type { StepReport } from '../stepReport.js'
import { runStep, type StepResult, type StepRun, type Trigger } from '../stepRun.js'
import { bronzeIdentity, layers, silverIdentity, type Identity, type Layer } from './accounts.js'
import { bookStream, decodeBooks, emptyBooks, encodeBooks, type Books } from './books.js'
import { measureLag } from './lag.js'
import { monitorRow } from './monitorRow.js'
import { monitorTable } from './monitorTable.js'
import { judge } from './status.js'
import { measureHealth } from './tableHealth.js'

/**
 * Looks at every table: appends one row a table to `monitor_logs`, and the runs since last time to `cluster_logs`. Two
 * at once: one appends, the other finds nothing to do.
 */
export async function runMonitor(lake: Lake, trigger: Trigger): Promise<readonly StepReport[]> {
  return [await runStep(lake, { step: 'monitor', trigger }, run => observe(lake, run))]
}

/** What one run of the monitor leaves for the next, in the commit that has its rows. */
interface Memory {
  readonly runTime: number
  readonly books: Readonly<Record<string, Books>>
}

async function observe(lake: Lake, run: StepRun): Promise<StepResult> {
  await lake.journal.flush()
  const folded = await foldRuns(lake)
  const { table, state, metadata, schema } = await openEvolving(lake, monitorTable)
  const before = await lastMemory(table, state)
  const runTime = lake.clock.now()
  const books: Record<string, Books> = {}
  const rows: Row[] = []
  await using session = await DuckDbSession.open({ memoryLimit: lake.settings.silverMemoryLimit, temporaryFolder: lake.settings.tempFolder })
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
  const { books, found } = await bookStream(lake, session, stream, before)
  // Progress is read again behind the files: the span must be the one that the counted files cover.
  const { span } = await measureLag(lake, stream)
  const { accounts } = books
  const seconds = (runTime - lastRun) / 1000
  const rows: Row[] = []
  for (const layer of layers) {
    const path = { bronze: bronzePath, silver: silverPath, gold: scoredPath }[layer](stream)
    const health = await measureHealth(lake.table(path))
    const identity = await identityOf(lake, stream, layer, books, { ...lag, span }.span)
    const newest = accounts.newest[layer]
    const rate = lastRun === 0 ? 0 : found.bronze.rows / seconds
    const verdict = judge({
      layer,
      exists: health !== undefined,
      freshness: newest === 0 ? undefined : runTime / 1000 - newest / 1e6,
      lag: lag.total,
      identity,
      newlyMissing: 0n,
      stopped: layer === 'bronze' ? lag.stopped : [],
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
        version: books.booked[path]?.version,
        accounts,
        found: found[layer],
        identity,
        lag: layer === 'bronze' ? { ...lag, span } : undefined,
        secondsToDrain: layer !== 'bronze' ? undefined : lag.total === 0n ? 0 : rate > 0 ? Number(lag.total) / rate : undefined,
        health,
      }),
    )
  }
  return { books, rows }
}

async function identityOf(lake: Lake, stream: Stream, layer: Layer, books: Books, span: Parameters<typeof bronzeIdentity>[1]): Promise<Identity | undefined> {
  if (layer === 'bronze') return bronzeIdentity(books.accounts, span)
  if (layer === 'gold') return undefined
  const bronze = books.booked[bronzePath(stream)]
  const silver = await lake.table(silverPath(stream)).state()
  if (bronze === undefined || silver === undefined) return undefined
  const names = { table: silverPath(stream), source: bronzePath(stream), rebuild: 'lake rebuild silver' }
  const cursor = readCursor(silver, bronze.id, names)
  return silverIdentity(books.accounts, cursor?.version === bronze.version)
}

/** What the newest run of the monitor left; other commits (compaction) may have come after it. */
async function lastMemory(table: DeltaTable, state: TableState): Promise<Memory> {
  for (let version = state.version; version > Math.max(0, state.version - 100); version--) {
    for await (const { actions } of table.commits(version, version)) {
      const lake = commitInfoOf(actions)?.['lake'] as { monitor?: { runTime?: unknown; books?: Record<string, unknown> } } | undefined
      if (lake?.monitor === undefined) continue
      const books = Object.entries(lake.monitor.books ?? {}).map(([name, b]) => [name, decodeBooks(b)] as const)
      return { runTime: Number(lake.monitor.runTime ?? 0), books: Object.fromEntries(books) }
    }
  }
  return { runTime: 0, books: {} }
}
