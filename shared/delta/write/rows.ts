import type { Column } from '../../types/index.js'

/**
 * Rows on their way into a table, column by column, under the table's own column names and types; partition columns are
 * columns like all others. A nullable column may be left out, and is null then.
 */
export interface Rows {
  readonly count: number
  readonly columns: readonly Column[]
}

/** Rows that come piece by piece; each piece is held in memory whole. */
export type RowSource = Iterable<Rows> | AsyncIterable<Rows>
