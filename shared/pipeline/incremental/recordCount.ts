import { type AddFile, recordCount as knownCount } from '../../delta/index.js'

/** A row takes at least about this many bytes; for files whose statistics are silent. */
const minBytesPerRow = 16

/** How many rows the file holds; a guess, rather too many, when its statistics do not say. */
export function recordCount(file: AddFile): number {
  const known = knownCount(file)
  return known === undefined ? Math.ceil(file.size / minBytesPerRow) : Number(known)
}

/** Rows in the files, as {@link recordCount} has them. */
export function rowsIn(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + recordCount(file), 0)
}
