import type { Clock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import type { AddFile } from '../actions/index.js'
import type { TableState } from '../protocol/index.js'

/** A file to be replaced; its statistics are dropped, because a plan may name very many. */
export interface Candidate extends AddFile {
  readonly stats?: undefined
  /** Rows by its statistics, without those that are deleted. */
  readonly records: bigint | undefined
  /** So many are deleted that it is worth a rewrite by itself. */
  readonly purge?: boolean | undefined
}

/** Files of one partition whose rows are to be written into new files. */
export interface RewriteJob {
  /** Rooted at the table. */
  readonly store: ObjectStore
  readonly state: Pick<TableState, 'protocol' | 'metadata' | 'schema'>
  readonly files: readonly Candidate[]
  /** Bytes that one new file may have, about. */
  readonly targetFileSize: number
  /** Columns along which the rows are sorted, as paths of their names in the schema; none: the order stays. */
  readonly clusterBy: readonly (readonly string[])[]
  readonly clock: Clock
  /** Awaited before each file that is read and each row group that is written. */
  readonly between?: (() => Promise<void>) | undefined
}

/**
 * Makes new files that hold exactly the rows of old ones, and answers their `add`s. Nobody sees them before these are
 * committed. Memory must be bounded whatever the files' size.
 */
export interface Rewriter {
  /** Whether it can read this file; one that it cannot read is left alone. */
  accepts(file: AddFile, state: RewriteJob['state']): boolean
  rewrite(job: RewriteJob): Promise<readonly AddFile[]>
}
