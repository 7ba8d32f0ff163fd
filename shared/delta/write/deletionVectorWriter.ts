import type { ObjectStore } from '../../storage/index.js'
import { type Action, type AddFile, encodeLogPath, removedFile } from '../actions/index.js'
import { encodeDeletionVectors, type RoaringBitmap } from '../deletionVectors/index.js'
import { isOn, readerFeaturesOf, type TableState } from '../protocol/index.js'
import { wideStats } from '../stats/index.js'

/** A file and the rows that it is to be without. */
export interface MarkedFile {
  readonly file: AddFile
  /** Places of all rows that are deleted, those that were deleted before among them. */
  readonly deleted: RoaringBitmap
  /** Rows of the file, those that are deleted among them. */
  readonly rows: number
}

/** The answer of {@link writeDeletionVectors}; `bytes` is the size of the file. */
export interface WrittenVectors {
  /** A `remove` with the vector that was and an `add` with the one that is, for each file. */
  readonly actions: readonly Action[]
  /** The file that was written; none without vectors. */
  readonly written: readonly Pick<AddFile, 'path'>[]
  readonly bytes: number
}

/** Whether rows of the table are deleted by deletion vectors (PROTOCOL.md, "Deletion Vectors"). Pure. */
export function writesDeletionVectors({ protocol, metadata }: Pick<TableState, 'protocol' | 'metadata'>): boolean {
  return (
    isOn(metadata.configuration, 'delta.enableDeletionVectors') &&
    readerFeaturesOf(protocol).includes('deletionVectors')
  )
}

/** Writes the vectors of one commit, which share a file. `store` is rooted at the table. */
export async function writeDeletionVectors(
  store: ObjectStore,
  files: readonly MarkedFile[],
  now: number,
): Promise<WrittenVectors> {
  if (files.length === 0) return { actions: [], written: [], bytes: 0 }
  const { name, bytes, vectors } = encodeDeletionVectors(files.map(({ deleted }) => deleted))
  await store.put(name, bytes)
  const actions = files.flatMap(({ file, rows }, i): Action[] => [
    { remove: removedFile(file, now) },
    { add: { ...file, dataChange: true, stats: wideStats(file, rows), deletionVector: vectors[i] } },
  ])
  return { actions, written: [{ path: encodeLogPath(name) }], bytes: bytes.length }
}
