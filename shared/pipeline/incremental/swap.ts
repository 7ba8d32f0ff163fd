import type { TableSpec } from '../../contract/index.js'
import { type Action, type AddFile, removedFile, type TableState } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { StepCounts, StepRun } from '../step/index.js'
import { type Cursor, movesCursor, replacingTxns, sourceJson } from './cursor.js'
import { type OpenedTable, openTable } from './openTable.js'

/** All rows of a table, made anew from its source as it was at one version. */
export interface Swap {
  readonly spec: TableSpec
  readonly source: { readonly path: string; readonly state: Pick<TableState, 'metadata' | 'version'> }
  readonly adds: readonly AddFile[]
  readonly counts: StepCounts
  readonly why: string
  /** `info.lake.gold` of the commit. */
  readonly gold: Readonly<Record<string, Json>>
  /** Another writer's commit: give the work up, or, since it depends on the source alone, put it on top. */
  readonly onConflict: 'replan' | 'swapAgain'
}

/** How many times in a row other writers may win. */
const maxSwaps = 20

/**
 * Replaces all rows by one commit, which also puts the cursor where the source was: readers see the old rows or the new.
 * @param planned the table as the new rows were made for it
 * @returns the version; undefined when another writer won
 */
export async function commitSwap(
  lake: Lake,
  run: StepRun,
  planned: OpenedTable,
  swap: Swap,
): Promise<number | undefined> {
  let target = planned
  for (let attempt = 1; attempt <= maxSwaps; attempt++) {
    const version = await commitOnce(lake, run, target, swap)
    if (version !== undefined) {
      run.committed(swap.counts)
      return version
    }
    if (swap.onConflict === 'replan') return undefined
    await lake.clock.sleep(Math.random() * 100 * attempt)
    target = await openTable(lake, swap.spec)
  }
  return undefined
}

async function commitOnce(
  lake: Lake,
  run: StepRun,
  { table, state, metadata }: OpenedTable,
  swap: Swap,
): Promise<number | undefined> {
  const { adds, counts, source, why, gold } = swap
  const now = lake.clock.now()
  const old = (await table.snapshot({ version: state.version }))?.files ?? []
  const cursor: Cursor = { version: source.state.version, files: 0 }
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [
      ...(metadata === undefined ? [] : [{ metaData: metadata }]),
      ...replacingTxns(state, source.state.metadata.id, cursor, now).map((txn): Action => ({ txn })),
      ...old.map((file): Action => ({ remove: removedFile(file, now) })),
      ...adds.map((add): Action => ({ add })),
    ],
    operation: 'WRITE',
    operationParameters: { mode: 'Overwrite', source: source.path, why },
    operationMetrics: {
      numAddedFiles: adds.length,
      numRemovedFiles: old.length,
      numOutputRows: counts.rowsOut,
      numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0),
    },
    info: {
      lake: {
        run: run.inCommit(counts, true),
        gold: { ...gold, rebuilt: true, source: sourceJson(source.state, undefined, cursor) },
      },
    },
    isBlindAppend: false,
    reads: { files: 'all', appIds: movesCursor(state) },
  })
  return outcome.kind === 'committed' ? outcome.version : undefined
}
