import type { ObjectStore } from '../../storage/index.js'
import { type AddFile, type CdcFile, decodeLogPath } from '../actions/index.js'

/** A file by its path as actions have it. */
export type WrittenFile = Pick<AddFile | CdcFile, 'path'>

/** Deletes files that no commit names and none will. Never throws: what cannot be deleted now is left to VACUUM. */
export async function discard(
  { store }: { readonly store: ObjectStore },
  files: readonly WrittenFile[],
): Promise<void> {
  await Promise.allSettled(files.map(async ({ path }) => store.delete(decodeLogPath(path))))
}
