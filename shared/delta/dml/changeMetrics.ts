import type { WriteMetrics } from '../write/index.js'
import type { ChangeCounts } from './changeCounts.js'

/** The metrics of a change, by the names that `DESCRIBE HISTORY` shows for its operation. */
export function changeMetrics(operation: 'DELETE' | 'UPDATE', counts: Readonly<ChangeCounts>): WriteMetrics {
  return whole({
    ...(operation === 'DELETE' ? { numDeletedRows: counts.deletedRows } : { numUpdatedRows: counts.updatedRows }),
    numCopiedRows: counts.copiedRows,
    numRemovedFiles: counts.removedFiles,
    numRemovedBytes: counts.removedBytes,
    numAddedFiles: counts.addedFiles,
    numAddedBytes: counts.addedBytes,
    numAddedChangeFiles: counts.changeFiles,
    ...vectorMetrics('num', counts),
    numDeletionVectorsUpdated: counts.vectorsUpdated,
    ...times(counts),
  })
}

/** The same for a merge of `sourceRows` rows; `deletedBySource` of the deleted rows had no row in the source. */
export function mergeMetrics(
  counts: Readonly<ChangeCounts>,
  sourceRows: number,
  deletedBySource: number,
): WriteMetrics {
  const { deletedRows, updatedRows, insertedRows, copiedRows } = counts
  return whole({
    numSourceRows: sourceRows,
    numTargetRowsInserted: insertedRows,
    numTargetRowsUpdated: updatedRows,
    numTargetRowsMatchedUpdated: updatedRows,
    numTargetRowsNotMatchedBySourceUpdated: 0,
    numTargetRowsDeleted: deletedRows,
    numTargetRowsMatchedDeleted: deletedRows - deletedBySource,
    numTargetRowsNotMatchedBySourceDeleted: deletedBySource,
    numTargetRowsCopied: copiedRows,
    numOutputRows: insertedRows + updatedRows + copiedRows,
    numTargetFilesAdded: counts.addedFiles,
    numTargetBytesAdded: counts.addedBytes,
    numTargetFilesRemoved: counts.removedFiles,
    numTargetBytesRemoved: counts.removedBytes,
    numTargetChangeFilesAdded: counts.changeFiles,
    ...vectorMetrics('numTarget', counts),
    numTargetDeletionVectorsUpdated: counts.vectorsUpdated,
    ...times(counts),
  })
}

/** A vector that replaces another counts as one added and one removed, too. */
function vectorMetrics(
  prefix: string,
  { vectorsAdded, vectorsUpdated, vectorsRemoved }: Readonly<ChangeCounts>,
): Record<string, number> {
  return {
    [`${prefix}DeletionVectorsAdded`]: vectorsAdded + vectorsUpdated,
    [`${prefix}DeletionVectorsRemoved`]: vectorsRemoved + vectorsUpdated,
  }
}

function times({ scanMs, rewriteMs }: Readonly<ChangeCounts>): Record<string, number> {
  return { executionTimeMs: scanMs + rewriteMs, scanTimeMs: scanMs, rewriteTimeMs: rewriteMs }
}

function whole(numbers: Readonly<Record<string, number>>): WriteMetrics {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]))
}
