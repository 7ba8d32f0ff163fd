import type { AddFile } from '../../delta/index.js'
import type { RowGroupInfo } from '../../parquet/index.js'

/** A file of the table where DuckDB can read it. */
export interface LocalFile {
  readonly file: AddFile
  readonly path: string
  /** When these row groups, of a file of so many rows, are all that it holds. */
  readonly cut?: { readonly rows: number; readonly groups: readonly RowGroupInfo[] } | undefined
}
