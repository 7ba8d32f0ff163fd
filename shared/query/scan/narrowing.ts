import type { AddFile, Predicate } from '../../delta/index.js'
import type { ExtractPlan, RowGroupInfo } from '../../parquet/index.js'
import { QueryError } from '../duckdb/index.js'

/** What of its files' rows a query does not need, and where that is counted. */
export interface Narrowing {
  /** Rows for which it is not true may be left out, and row groups without such a row are. */
  readonly predicate?: Predicate | undefined
  readonly counts: FetchCounts
}

/** How much of a table's files a query reads. */
export class FetchCounts {
  rowGroups = 0
  rowGroupsRead = 0
  #bytes = 0
  readonly #limit: number

  /** @param limit of bytes, for all that is counted here */
  constructor(limit = Infinity) {
    this.#limit = limit
  }

  /** Bytes fetched, footers included, or about to be. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws QueryError QUERY_CACHE_TOO_SMALL */
  take(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#limit) return
    throw new QueryError(
      'QUERY_CACHE_TOO_SMALL',
      `the query needs ${this.#bytes} bytes of the tables' files or more, and ${this.#limit} are allowed; ask for fewer ` +
        'columns, or for rows of fewer files',
      { data: { bytes: this.#bytes, limitBytes: this.#limit } },
    )
  }
}

/** What is read of a data file. */
export interface FileNeed {
  readonly file: AddFile
  /** The row groups needed; undefined when the file is to be read whole, as where its footer is not understood. */
  readonly groups?: readonly RowGroupInfo[] | undefined
  readonly extract?: ExtractPlan | undefined
  /** All that it has; 0 when that is not known. */
  readonly rows: number
}
