import type { Clock } from '../../clock.js'
import type { AddFile } from '../actions/index.js'
import type { Rewriter } from './rewriter.js'

/** Which files `optimizeTable` rewrites, how large it makes them, and how much it does in one call. */
export interface OptimizeOptions {
  /** Bytes that a new file may have; the table's `delta.targetFileSize` when absent. */
  readonly targetFileSize?: number | undefined
  /** The same for tables whose properties do not set it; 128 MiB when absent. */
  readonly defaultTargetFileSize?: number | undefined
  /** Bytes: larger files are left alone; three quarters of the target when absent. */
  readonly threshold?: number | undefined
  /** Fewer files than this are not compacted unless they fill a file; 2 when absent. */
  readonly minFiles?: number | undefined
  /**
   * A file of which a greater share of rows is deleted by a vector is rewritten whatever its size; the table's
   * `lake.optimize.maxDeletedRowsRatio`, or 0.05, when absent.
   */
  readonly maxDeletedRowsRatio?: number | undefined
  /** Milliseconds since 1970: files written later are left alone for now. */
  readonly olderThan?: number | undefined
  /** Which partitions; all when absent. */
  readonly where?: ((partitionValues: AddFile['partitionValues']) => boolean) | undefined
  /** Files of one partition with different keys are never put into one file. */
  readonly groupOf?: ((file: AddFile) => string) | undefined
  /** Columns, as paths, to sort along in a table without the clustering feature of its own. */
  readonly clusterBy?: readonly (readonly string[])[] | undefined
  /** Sorts; without it files are compacted only. */
  readonly clusterer?: Rewriter | undefined
  /** Bytes that are sorted at once; 4 GiB when absent. */
  readonly clusterBytes?: number | undefined
  /** Bytes of files that one commit replaces, about; 1 GiB when absent. */
  readonly commitBytes?: number | undefined
  /** Bytes of files that one call replaces, about; all when absent. What is left shows as `more`. */
  readonly maxBytes?: number | undefined
  /** Awaited before each file that is read and each row group that is written: where others are to be let pass. */
  readonly between?: (() => Promise<void>) | undefined
  /** Only reports what would be done. */
  readonly dryRun?: boolean | undefined
  readonly clock?: Clock | undefined
}

/** As `DESCRIBE HISTORY` shows them for OPTIMIZE, summed over the commits. */
export interface OptimizeMetrics {
  readonly numRemovedFiles: number
  readonly numRemovedBytes: number
  readonly numAddedFiles: number
  readonly numAddedBytes: number
}

/** The answer of `optimizeTable`; `planned` is that of a dry run. */
export type OptimizeOutcome =
  | { readonly kind: 'noTable' }
  | { readonly kind: 'nothingToDo'; readonly version: number }
  | {
      readonly kind: 'planned'
      readonly version: number
      readonly files: number
      readonly bytes: number
      /** Rewrites, each of several files. */
      readonly jobs: number
    }
  | {
      readonly kind: 'optimized'
      /** The last version committed. */
      readonly version: number
      readonly commits: number
      readonly metrics: OptimizeMetrics
      /** Of the new files; 0 where these do not say it. */
      readonly rows: number
      /** Rewrites that were given up because others had changed their files meanwhile. */
      readonly dropped: number
      /** Whether the bounds of the call left work to do. */
      readonly more: boolean
    }
