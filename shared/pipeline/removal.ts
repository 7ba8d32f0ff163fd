import type { AddFile, RemoveFile } from '../delta/actions.js'

/** The action that takes a file's rows out of its table, for the commit that replaces them. Pure; no I/O. */
export function removalOf(file: AddFile, now: number): RemoveFile {
  return {
    path: file.path,
    dataChange: true,
    deletionTimestamp: now,
    extendedFileMetadata: true,
    partitionValues: file.partitionValues,
    size: file.size,
    deletionVector: file.deletionVector,
  }
}
