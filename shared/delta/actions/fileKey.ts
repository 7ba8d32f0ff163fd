import type { AddFile, DeletionVector, RemoveFile } from './actions.js'
import { canonicalPath } from './dataPath.js'

/** The id of a deletion vector, unique within a table (PROTOCOL.md, "Deletion Vectors"). */
export function deletionVectorId(vector: DeletionVector): string {
  const id = vector.storageType + vector.pathOrInlineDv
  return vector.offset === undefined ? id : `${id}@${vector.offset}`
}

/**
 * What action reconciliation compares: the logical file, which is its path and its deletion vector. Two spellings of
 * one path give one key.
 */
export function fileKey(file: Pick<AddFile | RemoveFile, 'path' | 'deletionVector'>): string {
  const path = canonicalPath(file.path)
  return file.deletionVector === undefined ? path : `${path}\n${deletionVectorId(file.deletionVector)}`
}
