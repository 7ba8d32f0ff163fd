import type { DeltaTable, TableState } from '../../delta/index.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import { chunks, type Row } from '../../types/index.js'
import { recordCount } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { AddedFile } from './additions.js'

/** Files read in one query: what bounds the space of fetched files. */
const filesAtOnce = 100
/** Rows read in one query: their ages are all in memory, for quantiles. */
const rowsAtOnce = 2_000_000

/** The column that holds, in microseconds, when a row's file was committed. */
export const committedAt = '__committed_at'

/** Files that came to a table, to be read by its state. */
export interface AddedRows {
  readonly table: DeltaTable
  readonly state: TableState
  readonly files: readonly AddedFile[]
}

/** What is computed of a table's rows. */
export interface Aggregate {
  /** All that is read of them. */
  readonly columns: readonly string[]
  /** The SELECT list; may name the columns and {@link committedAt}. */
  readonly select: string
}

/**
 * Runs one aggregate over added files, slice by slice, reading only the columns named.
 *
 * @returns one row a slice, in order
 */
export async function measure(
  lake: Lake,
  session: DuckDbSession,
  { table, state, files }: AddedRows,
  { columns, select }: Aggregate,
): Promise<readonly Row[]> {
  const { metadata, schema } = state
  // The commit's time is a fact of the log, as a partition's value is: it rides along in the same way.
  const timed = {
    metadata: { ...metadata, partitionColumns: [...metadata.partitionColumns, committedAt] },
    schema: { ...schema, fields: [...schema.fields, { name: committedAt, type: 'long' as const, nullable: false }] },
  }
  const rows: Row[] = []
  const weight = ({ add }: AddedFile) => Math.max(1 / filesAtOnce, recordCount(add) / rowsAtOnce)
  for (const part of chunks(files, weight, 1)) {
    const slice = part.map(({ add, committedAt: ms }) => ({
      ...add,
      partitionValues: { ...add.partitionValues, [committedAt]: String(Math.round(ms) * 1000) },
    }))
    const view = await openDeltaView(session, lake.files, {
      store: table.store,
      state: timed,
      files: slice,
      columns: [...columns, committedAt],
    })
    try {
      rows.push(await session.row(`SELECT ${select} FROM (${view.sql})`))
    } finally {
      view.release()
    }
  }
  return rows
}

/** A count or a sum out of a measured row; 0 when it is null. */
export function numberIn(row: Row, name: string): number {
  const value = row[name]
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0
}
