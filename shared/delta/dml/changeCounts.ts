/** What a change of rows has done, counted. */
export interface ChangeCounts {
  deletedRows: number
  updatedRows: number
  insertedRows: number
  /** Rows that were moved to other files unchanged. */
  copiedRows: number
  /** Files that no row is left in; those with a new deletion vector are not among them. */
  removedFiles: number
  removedBytes: number
  addedFiles: number
  addedBytes: number
  changeFiles: number
  vectorsAdded: number
  vectorsUpdated: number
  vectorsRemoved: number
  scanMs: number
  rewriteMs: number
}

/** Counts to begin with. */
export function noCounts(): ChangeCounts {
  return {
    deletedRows: 0,
    updatedRows: 0,
    insertedRows: 0,
    copiedRows: 0,
    removedFiles: 0,
    removedBytes: 0,
    addedFiles: 0,
    addedBytes: 0,
    changeFiles: 0,
    vectorsAdded: 0,
    vectorsUpdated: 0,
    vectorsRemoved: 0,
    scanMs: 0,
    rewriteMs: 0,
  }
}
