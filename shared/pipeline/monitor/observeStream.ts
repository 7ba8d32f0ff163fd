import type { Stream } from '../../contract/index.js'
import { commitPath, type DeltaTable, type TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import type { DuckDbSession } from '../../query/index.js'
import { elapsedMs } from '../../storage/index.js'
import type { Row } from '../../types/index.js'
import { atBeginning, type Cursor, lostRowsOf, readCursor } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { pauseText, readPause } from '../pause/index.js'
import { bronzeBalance, scoredBalance, silverBalance, summaryBalance } from './balances.js'
import { type Skew, skewSentences, worseSkew } from './clockSkew.js'
import { newlyReported } from './dataLoss.js'
import { compareLag, type Drain, type Marks, waitLimits } from './drain.js'
import { freshnessOf } from './freshness.js'
import { type Lag, measureLag, spanOf, unknownLag } from './lag.js'
import { layerPath } from './layerAggregate.js'
import { monitorRow } from './monitorRow.js'
import { observeTables, type StreamObservation } from './observeTables.js'
import { overdueOf } from './overdueRecords.js'
import { type Balance, type Layer, layers, type Span } from './reconciliation.js'
import { undeclaredText, withDatedFields } from './sourceDrift.js'
import { tableStatus } from './status.js'
import { versionsSinceCheckpoint } from './tableHealth.js'
import { type MonitorState } from './tablePositions.js'

/** What the last run left of a stream, and when it was. */
export interface PreviousRun {
  readonly monitorState: MonitorState
  readonly marks: Marks
  /** Milliseconds of the storage's clock; 0 when there was none. */
  readonly lastRun: number
}

/** This run: when it looks, and what this host's clock shows. */
export interface CurrentRun {
  /** Milliseconds of the storage's clock: all runs of all hosts are in its order. */
  readonly runTime: number
  readonly ownSkew: Skew
}

/** What is to be kept of a stream for the next run, and its rows for `monitor_logs`, one a table. */
export interface ObservedStream {
  readonly monitorState: MonitorState
  readonly marks: Marks
  readonly rows: readonly Row[]
}

/**
 * One row for each table of a stream. A table that cannot be read is DEGRADED with its reason; the others are observed
 * all the same.
 */
export async function observeStream(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  before: PreviousRun,
  look: CurrentRun,
): Promise<ObservedStream> {
  const { runTime } = look
  // Kafka is asked first: what arrives while the tables are read must not look like lag that shrank.
  const lag = await lagOf(lake, stream)
  const paused = await pausedOf(lake, stream)
  const drain = compareLag(before.marks, lag.partitions, runTime, waitLimits(lake.settings))
  const observation = await observeTables(lake, session, stream, before.monitorState)
  const { found, states, failed } = observation
  const monitorState = withDatedFields(observation.monitorState, before.monitorState, stream, runTime)
  const { reconciliation } = monitorState
  // Progress and files must be of one version, or a commit in between would look like rows lost or doubled.
  const span = states.bronze === undefined ? undefined : spanOf(stream, states.bronze)
  // Before the first look: since there is a table, which may have been made in the very second of the look.
  const made = Math.min(states.bronze?.metadata.createdTime ?? 0, runTime - 1_000)
  const lastRun = before.lastRun === 0 ? made : before.lastRun
  const newly = newlyReported(stream, before.monitorState, monitorState)
  const rows: Row[] = []
  for (const layer of layers) {
    const path = layerPath(stream, layer)
    const state = states[layer]
    const isBronze = layer === 'bronze'
    const { balance, stopped, note } = await checksOf(lake, stream, layer, observation, span)
    const model = layer === 'gold' ? await modelOf(lake, stream, runTime) : undefined
    const { skew, lastCommitAt } = found[layer]
    const freshness = freshnessOf(reconciliation.newest[layer], lastCommitAt, runTime)
    const verdict = tableStatus({
      layer,
      exists: state !== undefined,
      freshness: freshness.seconds,
      paused,
      failed: failed[layer],
      ...sourceFindings(layer, lag, drain),
      overdue: isBronze ? overdueOf(reconciliation.waiting, runTime, lake.settings.quarantineLate) : undefined,
      balance,
      newlyMissing: isBronze ? BigInt(newly.missing) : 0n,
      stopped: [...(isBronze ? lag.stopped : []), ...stopped, ...(model?.stopped ?? [])],
      notes: [...note, ...freshness.notes, ...(model?.notes ?? []), ...clockNotes(skew, look.ownSkew)],
      ...limitsOf(lake),
    })
    rows.push(
      monitorRow({
        path,
        stream: stream.name,
        layer,
        runTime,
        verdict,
        isPaused: paused !== undefined,
        position: state === undefined ? undefined : monitorState.positions[path],
        reconciliation,
        freshness: freshness.seconds,
        found: found[layer],
        balance,
        lag: isBronze ? lag : undefined,
        span: isBronze ? span : undefined,
        secondsToDrain: isBronze ? drainSeconds(lag.total, found.bronze.rows, lastRun, runTime) : undefined,
        versionsSinceCheckpoint: state === undefined ? undefined : await checkpointAge(lake.table(path), state),
        skew: worseSkew(skew, look.ownSkew),
        newly,
        undeclared: undeclaredText(stream, reconciliation.undeclared),
        modelFault: model?.faultSeconds,
      }),
    )
  }
  return { monitorState, marks: marksOf(before.marks, lag, drain, paused), rows }
}

function clockNotes(writers: Skew, own: Skew): readonly string[] {
  return [...skewSentences("a writer's clock", writers), ...skewSentences("the clock of the monitor's host", own)]
}

/** What looks at models is loaded by the first look at one. */
async function modelOf(lake: Lake, stream: Stream, runTime: number) {
  const { modelHealth } = await import('./modelHealth.js')
  return modelHealth(lake, stream, runTime)
}

function marksOf(before: Marks, lag: Lag, drain: Drain, paused: string | undefined): Marks {
  // What waits while the stream stands still is not what does not drain.
  if (paused !== undefined) return new Map()
  return lag.total === undefined ? before : drain.marks
}

/** What Kafka shows: of every layer what it has, of bronze alone what waits in it. */
function sourceFindings(layer: Layer, { total, unanswered, partitions }: Lag, drain: Drain) {
  const { undrained, held, heldLong } = layer === 'bronze' ? drain : { undrained: [], held: [], heldLong: false }
  const gone = layer === 'bronze' ? partitions.reduce((sum, { gone: some = 0n }) => sum + some, 0n) : 0n
  return { lag: total, unanswered, gone, undrained, held, heldLong }
}

/** How long the lag takes at the pace since the last run; undefined where nothing moves. */
function drainSeconds(lag: bigint | undefined, rows: number, lastRun: number, runTime: number): number | undefined {
  if (lag === 0n) return 0
  const passed = lastRun === 0 ? undefined : elapsedMs(lastRun, runTime)
  if (lag === undefined || passed === undefined || passed === 0 || rows === 0) return undefined
  return (Number(lag) * passed) / 1000 / rows
}

function limitsOf({ settings }: Lake): { readonly late: number; readonly stale: number } {
  return { late: settings.freshnessLate / 1000, stale: settings.freshnessStale / 1000 }
}

/** Whether the stream is paused, in words; undefined, too, when that cannot be known. */
async function pausedOf(lake: Lake, stream: Stream): Promise<string | undefined> {
  try {
    const pause = await readPause(lake.store, stream)
    return pause && pauseText(pause)
  } catch (error) {
    lake.log.error(`Whether ${stream.name} is paused is not known.`, { error: asError(error).message })
    return undefined
  }
}

/** Where bronze cannot be read its row says so; that Kafka cannot be asked would be untrue. */
async function lagOf(lake: Lake, stream: Stream): Promise<Lag> {
  try {
    return await measureLag(lake, stream)
  } catch (error) {
    lake.log.error(`The lag of ${stream.name} is not known.`, { error: asError(error).message })
    return unknownLag
  }
}

async function checkpointAge(table: DeltaTable, state: TableState): Promise<number | undefined> {
  try {
    return await versionsSinceCheckpoint(table, state)
  } catch {
    // What keeps a hint from being read is reported where the table is read.
    return undefined
  }
}

interface LayerChecks {
  readonly balance: Balance | undefined
  /** What keeps the layer from going on, in words. */
  readonly stopped: readonly string[]
  /** Why its counts cannot be reconciled, in words. */
  readonly note: readonly string[]
}

const noChecks: LayerChecks = { balance: undefined, stopped: [], note: [] }

async function checksOf(
  lake: Lake,
  stream: Stream,
  layer: Layer,
  { monitorState, states, failed }: StreamObservation,
  span: Span | undefined,
): Promise<LayerChecks> {
  if (failed[layer] !== undefined) return noChecks
  if (layer === 'bronze') return { ...noChecks, balance: span && bronzeBalance(monitorState.reconciliation, span) }
  const table = states[layer]
  const before = ({ silver: 'bronze', gold: 'silver', summary: 'gold' } as const)[layer]
  const source = states[before]
  if (table === undefined || source === undefined) return noChecks
  const rebuild = `lake rebuild ${layer === 'silver' ? 'silver' : 'gold'}`
  try {
    const cursor = readCursor(table, source.metadata.id, {
      table: layerPath(stream, layer),
      source: layerPath(stream, before),
      rebuild,
    })
    const caughtUp = await hasReadAll(lake.table(layerPath(stream, before)), cursor, source)
    if (layer === 'silver') return { ...noChecks, balance: silverBalance(monitorState.reconciliation, caughtUp) }
    if (!caughtUp) return noChecks
    const expired = lostRowsOf(source, 'expired')
    const { reconciliation } = monitorState
    const balance =
      layer === 'gold'
        ? scoredBalance(reconciliation, expired + lostRowsOf(source, 'erased'))
        : summaryBalance(reconciliation, expired)
    return { ...noChecks, balance }
  } catch (error) {
    if (error instanceof PipelineError) return { ...noChecks, stopped: [error.message] }
    return {
      ...noChecks,
      note: [`its counts cannot be compared with ${layerPath(stream, before)}: ${asError(error).message}`],
    }
  }
}

/** Whether nothing was added or removed behind the cursor: commits that only rearrange rows do not move it. */
async function hasReadAll(source: DeltaTable, cursor: Cursor | undefined, { version }: TableState): Promise<boolean> {
  // Whoever has read nothing has read all of a source that never had a row.
  const { version: read, files } = cursor ?? atBeginning
  if (files > 0 || (cursor === undefined && (await source.store.head(commitPath(0))) === undefined)) return false
  for await (const { actions } of source.commitFiles(read + 1, version)) {
    if (actions.some(a => ('add' in a && a.add.dataChange) || ('remove' in a && a.remove.dataChange))) return false
  }
  return true
}
