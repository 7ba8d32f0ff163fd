import { decodedData, type StoredColumn } from '../../parquet/index.js'
import type { Column } from '../../types/index.js'

/**
 * Rows on their way into a table, column by column, under the table's own column names and types; partition columns are
 * columns like all others. A nullable column may be left out, and is null then.
 */
export interface Rows {
  readonly count: number
  readonly columns: readonly Column[]
}

/** The same with strings as files hold them, where the caller has them so: no object is made for each. */
export interface StoredRows {
  readonly count: number
  readonly columns: readonly StoredColumn[]
}

/** Rows that come piece by piece; each piece is held in memory whole. */
export type RowSource = Iterable<StoredRows> | AsyncIterable<StoredRows>

/** Rows with all their values as they are in memory. */
export function decodedRows({ count, columns }: StoredRows): Rows {
  return { count, columns: columns.map(({ field, data }) => ({ field, data: decodedData(data) })) }
}
