import type { Snapshot } from '../../delta/index.js'
import { folderOpener, type Lake } from '../../pipeline/lake/index.js'
import { neededColumns, planScan, tableAlias, withPlainYears } from '../../query/condition/index.js'
import { type DuckDbSession, FetchCounts, identifier, openDeltaView } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { type ColumnBatch, type RowSource, rowSourceOf } from '../output/index.js'

/** Which rows of a table are wanted, and which columns of them. */
export interface RowSelection {
  readonly fields: readonly StructField[]
  readonly where: string
  readonly limit: number | undefined
  readonly timeZone: string | undefined
}

/**
 * Rows for which a condition holds: file after file in the log's order, as without a condition; a limit that is reached
 * spares the rest, and only one file of a remote table takes room on the disk. Files that cannot hold such a row are not
 * touched, and of the others on blob storage only what is needed is fetched.
 */
export async function* matchingBatches(
  lake: Lake,
  session: DuckDbSession,
  { store, snapshot }: { readonly store: ObjectStore; readonly snapshot: Snapshot },
  { fields, where, limit = Infinity, timeZone }: RowSelection,
): AsyncGenerator<ColumnBatch> {
  const names = fields.map(f => f.name)
  const plan = await planScan(session, snapshot, where, timeZone)
  const columns = neededColumns(snapshot, names, plan)
  // Rows stay in their file's order as long as the side of a join that is streamed is not chosen again.
  await session.run("SET disabled_optimizers = 'build_side_probe_side'")
  const openFolder = folderOpener(lake.settings)
  let left = limit
  for (const file of plan.chosen) {
    if (left <= 0) return
    using view = await openDeltaView(session, lake.files, {
      store,
      state: snapshot,
      files: [file],
      columns,
      timeZone,
      openFolder,
      narrowing: { predicate: plan.skips, counts: new FetchCounts() },
    })
    const found = await selectRows(session, `(${view.sql})`, {
      columns: names,
      where,
      limit: Number.isFinite(left) ? left : undefined,
    })
    for await (const batch of found.batches) {
      left -= batch.rows
      yield batch
    }
  }
}

/** The rows of a relation of the session, all of them and all of their columns unless told otherwise. */
export async function selectRows(
  session: DuckDbSession,
  from: string,
  {
    columns,
    where,
    limit,
  }: {
    readonly columns: readonly string[] | undefined
    readonly where: string | undefined
    readonly limit: number | undefined
  },
): Promise<RowSource> {
  const list = columns === undefined ? '*' : columns.map(identifier).join(', ')
  // The line's end closes a comment that the condition may end with.
  const condition = where === undefined ? '' : ` WHERE (${withPlainYears(where)}\n)`
  return rowSourceOf(
    await session.stream(
      `SELECT ${list} FROM ${from} AS ${tableAlias}${condition}${limit === undefined ? '' : ` LIMIT ${limit}`}`,
    ),
  )
}
