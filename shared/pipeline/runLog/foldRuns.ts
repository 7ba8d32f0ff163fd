import { tablesOf } from '../../contract/index.js'
import { type Action, commitInfoOf, type DeltaTable, type TableState, writeDataFile } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { decodeRun, type RunRecord } from '../../telemetry/index.js'
import { asObject, type Json } from '../../types/index.js'
import { columnsOf, openTable } from '../incremental/index.js'
import { journalFolder, type Lake } from '../lake/index.js'
import { clusterRow, clusterTable } from './clusterTable.js'
import { newestEntry } from './newestEntry.js'
import {
  decodePending,
  encodePending,
  type PendingRun,
  readReportedRun,
  type ReportedRun,
  settleRuns,
} from './settleRuns.js'

/** Bounds of one fold; the next goes on where it stopped. */
const maxCommits = 5_000
const maxJournalFiles = 1_000

/** A run that has not been heard of for so long was cut off. */
const patienceMs = 15 * 60_000

/**
 * What a fold committed; `version` is undefined when it committed nothing. `more` says that work is left for the next.
 */
export interface Folded {
  readonly rows: number
  readonly version: number | undefined
  readonly more: boolean
  /** Another fold was at work at the same time, and has won. */
  readonly contended: boolean
}

/**
 * Folds the runs that commits and the journal report into `cluster_logs`: each run once. The cursors move in the same
 * commit as the rows.
 */
export async function foldRuns(lake: Lake): Promise<Folded> {
  const { table, state, metadata, schema } = await openTable(lake, clusterTable)
  const earlier = await lastFold(table, state)
  const reported = await readReported(lake, state, ['monitor_logs', ...lake.streams.flatMap(tablesOf)])
  const journal = await readJournal(lake, new Set(earlier.journal))
  const { ended, pending } = settleRuns(
    earlier.pending,
    reported.runs,
    journal.runs,
    await table.store.now(),
    patienceMs,
  )
  if (ended.length === 0 && pending.length === 0 && reported.cursors.length === 0 && journal.names.length === 0) {
    await forget(lake, journal.leftover)
    return { rows: 0, version: undefined, more: false, contended: false }
  }
  const rows = ended
    .map(({ run, outcome }) => ({ run, outcome }))
    .sort((a, b) => a.run.endTime - b.run.endTime)
    .map(({ run, outcome }) => clusterRow(run, outcome))
  const layout = { schema, partitionColumns: [], configuration: state.metadata.configuration }
  const adds = rows.length === 0 ? [] : [await writeDataFile(table.store, layout, columnsOf(schema.fields, rows), {})]
  const now = lake.clock.now()
  const fold = foldAppId(state)
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [
      ...(metadata === undefined ? [] : [{ metaData: metadata }]),
      // Two folds at once would record every run twice: this txn makes the second a conflict.
      { txn: { appId: fold, version: (state.txns.get(fold)?.version ?? 0n) + 1n, lastUpdated: now } },
      ...reported.cursors.map(({ appId, version }): Action => ({ txn: { appId, version, lastUpdated: now } })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    operationMetrics: {
      numFiles: adds.length,
      numOutputRows: rows.length,
      numOutputBytes: adds.reduce((sum, a) => sum + a.size, 0),
    },
    info: {
      lake: { fold: { pending: encodePending(pending) as Json, journal: [...journal.names, ...journal.leftover] } },
    },
    isBlindAppend: true,
    reads: { files: 'none', appIds: appId => appId === fold },
  })
  if (outcome.kind === 'conflict') return { rows: 0, version: undefined, more: true, contended: true }
  // The commit point is behind: files that stay are known by name to the next fold, and deleted then.
  await forget(lake, [...journal.names, ...journal.leftover])
  return { rows: rows.length, version: outcome.version, more: reported.more || journal.more, contended: false }
}

async function forget(lake: Lake, names: readonly string[]): Promise<void> {
  await Promise.allSettled(names.map(name => lake.store.delete(name)))
}

const foldAppId = (state: TableState) => `lake/${state.metadata.id}/fold`
/** Whose version says how far the runs reported in that table are folded. */
export const runsAppId = (state: TableState, tableId: string) => `lake/${state.metadata.id}/runs/${tableId}`

interface LastFold {
  readonly pending: readonly PendingRun[]
  readonly journal: readonly string[]
}

/** What the newest fold left open; other commits (compaction) may have come after it. */
async function lastFold(table: DeltaTable, state: TableState): Promise<LastFold> {
  if (!state.txns.has(foldAppId(state))) return { pending: [], journal: [] }
  const fold = await newestEntry(table, state, 'fold')
  const names = fold?.['journal']
  return {
    pending: decodePending(fold?.['pending']),
    journal: Array.isArray(names) ? names.filter(n => typeof n === 'string') : [],
  }
}

async function readReported(lake: Lake, cluster: TableState, paths: readonly string[]) {
  const runs: ReportedRun[] = []
  const cursors: { readonly appId: string; readonly version: bigint }[] = []
  let left = maxCommits
  let more = false
  for (const path of paths) {
    try {
      const table = lake.table(path)
      const state = await table.state({ fresh: true })
      if (state === undefined) continue
      const appId = runsAppId(cluster, state.metadata.id)
      const from = Number(cluster.txns.get(appId)?.version ?? -1n) + 1
      const to = Math.min(state.version, from + left - 1)
      if (to < state.version) more = true
      if (to < from) continue
      const found: ReportedRun[] = []
      for await (const { version, actions } of table.commitFiles(from, to)) {
        const reported = readReportedRun(asObject(commitInfoOf(actions)?.['lake'])?.['run'], version)
        if (reported !== undefined) found.push(reported)
      }
      left -= to - from + 1
      runs.push(...found)
      cursors.push({ appId, version: BigInt(to) })
    } catch (error) {
      // The runs of a damaged table are folded once it can be read again; those of the others are folded now.
      lake.log.error(`The run records in ${path} cannot be read.`, { error: asError(error).message })
    }
  }
  return { runs, cursors, more }
}

/** @param folded names that an earlier fold has recorded already and could not delete */
async function readJournal(lake: Lake, folded: ReadonlySet<string>) {
  const names: string[] = []
  const leftover: string[] = []
  const runs: RunRecord[] = []
  for await (const { path } of lake.store.list(journalFolder)) {
    if (folded.has(path)) {
      leftover.push(path)
      continue
    }
    if (names.length >= maxJournalFiles) return { names, leftover, runs, more: true }
    const bytes = await lake.store.get(path)
    if (bytes === undefined) continue
    names.push(path)
    for (const line of new TextDecoder().decode(bytes).split('\n')) runs.push(...parseRun(line))
  }
  return { names, leftover, runs, more: false }
}

function parseRun(line: string): RunRecord[] {
  try {
    const run = decodeRun(JSON.parse(line))
    return run === undefined ? [] : [run]
  } catch {
    // The journal is best effort; a line nobody can read is no reason to stop.
    return []
  }
}
