import type { AddFile, RemoveFile } from './actions.js'

/**
 * The `remove` of a file whose rows change or are deleted (PROTOCOL.md, "Add File and Remove File"), with all that is
 * known of the file, as other engines write it.
 *
 * @param now milliseconds since 1970, from which on the file is kept for readers of older versions
 */
export function removedFile(file: AddFile, now: number): RemoveFile {
  return {
    path: file.path,
    deletionTimestamp: now,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues: file.partitionValues,
    size: file.size,
    stats: file.stats,
    tags: file.tags,
    deletionVector: file.deletionVector,
    baseRowId: file.baseRowId,
    defaultRowCommitVersion: file.defaultRowCommitVersion,
  }
}
