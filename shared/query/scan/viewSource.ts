import type { AddFile, OpenFolder, TableState } from '../../delta/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { QueryError } from '../duckdb/index.js'
import type { Narrowing } from './narrowing.js'

/** What a view is built from: a table's state and the files of it that are to be read. */
export interface ViewSource {
  /** The table's own folder. */
  readonly store: ObjectStore
  readonly state: Pick<TableState, 'metadata' | 'schema'>
  readonly files: readonly AddFile[]
  /** Columns wanted, in this order; all of the schema's when absent. */
  readonly columns?: readonly string[] | undefined
  /** For files outside the table's folder. */
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset, which old writers left; UTC when absent. */
  readonly timeZone?: string | undefined
  /**
   * With it only what is needed is fetched of files that are not on the local disk: their footers, and the chunks of the
   * columns in the row groups that can hold a row wanted. Without it they are fetched whole, and kept for later.
   */
  readonly narrowing?: Narrowing | undefined
}

/** @throws QueryError QUERY_BAD_SQL for a column that the table lacks */
export function wantedFields({ state, columns, store }: ViewSource): readonly StructField[] {
  if (columns === undefined) return state.schema.fields
  return columns.map(name => {
    const field = state.schema.fields.find(f => f.name === name)
    if (field !== undefined) return field
    throw new QueryError('QUERY_BAD_SQL', `the table ${store.url} has no column ${name}`, {
      data: { table: store.url, column: name },
    })
  })
}
