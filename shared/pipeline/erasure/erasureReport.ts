import type { Json } from '../../types/index.js'

/** An erasure as the lake keeps it: no key can be read out of it. */
export interface ErasureNote {
  /** Drawn at random. */
  readonly id: string
  /** Of each key, under a salt that the lake does not keep. */
  readonly digests: readonly string[]
}

/** The note as commits have it. */
export function noteJson({ id, digests }: ErasureNote): Json {
  return { id, digests: [...digests] }
}

/** What was done to one table. */
export interface ErasedTable {
  /** Its folder. */
  readonly path: string
  /** Rows of which nothing is left but, in bronze, their place. */
  readonly rows: number
  readonly filesRewritten: number
  /** Files of older versions that were deleted, and their bytes. */
  readonly filesDeleted: number
  readonly bytesDeleted: number
  /** Files of the log that were deleted. */
  readonly logFilesDeleted: number
  /** Files that no version names yet and that are too young to be deleted: of runs that are at work, or were killed. */
  readonly filesUnnamed: number
}

/** What an erasure did. */
export interface ErasureReport extends ErasureNote {
  readonly stream: string
  /** The salt of the digests, in hexadecimal: it is kept nowhere. */
  readonly salt: string
  readonly tables: readonly ErasedTable[]
}
