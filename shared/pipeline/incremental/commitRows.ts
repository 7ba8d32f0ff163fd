import { sqlName } from '../../contract/index.js'
import { type Action, type AddFile, removedFile, type TableState, type Txn } from '../../delta/index.js'
import { contextOfRun } from '../../telemetry/index.js'
import type { Json } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { StepCounts, StepRun } from '../step/index.js'
import { type Cursor, cursorTxns, movesCursor, replacingTxns, sourceJson } from './cursor.js'
import type { Derivation } from './derivation.js'
import type { OpenedTable } from './openTable.js'
import { rowLossAppId } from './rowLoss.js'

/** What one commit of a derived table brings: rows, and the cursor that says which rows of the source they are of. */
export interface RowsCommit {
  /** `Append` leaves what is there, `Update` replaces some of its files, `Overwrite` every one. */
  readonly mode: 'Append' | 'Update' | 'Overwrite'
  /** Why everything is replaced. */
  readonly why?: string
  readonly adds: readonly AddFile[]
  readonly removes: readonly AddFile[]
  readonly source: Pick<TableState, 'metadata'>
  /** The cursor before; undefined when nothing is taken over from before. */
  readonly from: Cursor | undefined
  readonly to: Cursor
  /** The runs that wrote what was read of the source, as far as they are known. */
  readonly runIds?: readonly string[] | undefined
  /** Txns beside the cursor's. */
  readonly txns?: readonly Txn[] | undefined
  readonly counts: StepCounts
  /** What `commitInfo` records of the rows. */
  readonly info: Readonly<Record<string, Json>>
}

/** @returns the version; otherwise what another writer's commit has changed */
export type RowsOutcome = { readonly version: number } | { readonly version: undefined; readonly detail: string }

/**
 * Commits rows, cursor and the run's record as one version, on the table as the rows were made for it. It is never
 * blind: a winner that changed data makes the rows void. One that only rearranged rows (compaction) is rebased over,
 * except by a commit that removes every file.
 */
export async function commitRows(
  lake: Lake,
  run: StepRun,
  { source, target }: Pick<Derivation, 'source' | 'target'>,
  { table, state, metadata }: OpenedTable,
  commit: RowsCommit,
): Promise<RowsOutcome> {
  const { mode, adds, removes, counts } = commit
  const now = lake.clock.now()
  const overwrites = mode === 'Overwrite'
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [
      ...(metadata === undefined ? [] : [{ metaData: metadata }]),
      ...[...txnsOf(state, commit, now), ...(commit.txns ?? [])].map((txn): Action => ({ txn })),
      ...removes.map((file): Action => ({ remove: removedFile(file, now) })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: overwrites ? 'WRITE' : 'STREAMING UPDATE',
    operationParameters: overwrites
      ? { mode, source: source.path, why: commit.why ?? '' }
      : { outputMode: mode, source: source.path },
    operationMetrics: {
      numAddedFiles: adds.length,
      ...(mode === 'Append' ? {} : { numRemovedFiles: removes.length }),
      numOutputRows: counts.rowsOut,
      numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        [target.layer]: {
          ...commit.info,
          // Counters of all time start again with such a commit.
          ...(overwrites ? { rebuilt: true } : {}),
          source: sourceJson(commit.source, commit.from, commit.to),
        },
      },
    },
    isBlindAppend: false,
    reads: {
      files: 'all',
      appIds: appId => movesCursor(state)(appId) || appId === rowLossAppId(state),
      overCompaction: !overwrites,
    },
  })
  if (outcome.kind !== 'committed') return { version: undefined, detail: outcome.detail }
  run.committed(counts, {
    table: sqlName(target.spec.path),
    version: outcome.version,
    ranges: [],
    rows: rowsOf(commit.info),
    source: { table: sqlName(source.path), version: commit.to.version },
    links: (commit.runIds ?? []).flatMap(runId => contextOfRun(runId) ?? []),
  })
  return { version: outcome.version }
}

/** What can become of a row of the source, as `commitInfo` counts it. */
const rowOutcomes = ['inserted', 'duplicates', 'late', 'replayed', 'scored', 'anomalies'] as const

function rowsOf(info: Readonly<Record<string, Json>>): Readonly<Record<string, number>> {
  return Object.fromEntries(rowOutcomes.flatMap(name => (typeof info[name] === 'number' ? [[name, info[name]]] : [])))
}

function txnsOf(state: TableState, { mode, source, to }: RowsCommit, now: number): readonly Txn[] {
  const txns = mode === 'Overwrite' ? replacingTxns : cursorTxns
  return txns(state, source.metadata.id, to, now)
}
