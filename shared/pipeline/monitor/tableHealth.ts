import { type Action, type DeltaTable, readCheckpointHint, sizeChanges, type TableState } from '../../delta/index.js'

/** How many files a table has. */
export interface FileTotals {
  readonly files: number
  readonly smallFiles: number
  readonly bytes: number
}

/** The totals of a table before its first version. */
export const noFiles: FileTotals = { files: 0, smallFiles: 0, bytes: 0 }

/** Below it a file costs a reader more to open than to read. */
const smallFileBytes = 16 * 2 ** 20

/** The totals after one more commit, or `undefined` when its actions do not suffice: see {@link sizeChanges}. */
export function totalsAfter(before: FileTotals, actions: readonly Action[]): FileTotals | undefined {
  const changes = sizeChanges(actions)
  if (changes === undefined) return undefined
  const { added, removed } = changes
  const files = before.files + added.length - removed.length
  if (files < 0) return undefined
  return {
    files,
    smallFiles: before.smallFiles + smallOf(added) - smallOf(removed),
    bytes: before.bytes + sumOf(added) - sumOf(removed),
  }
}

/** The totals from the whole list of files: for when the commits alone do not suffice. */
export async function countFiles(table: DeltaTable, version: number): Promise<FileTotals> {
  const snapshot = await table.snapshot({ version })
  if (snapshot === undefined) return noFiles
  return {
    files: snapshot.numFiles,
    smallFiles: smallOf(snapshot.files.map(({ size }) => size)),
    bytes: Number(snapshot.sizeInBytes),
  }
}

/** How many commits a reader must replay. Without a checkpoint that is all of them, version 0 too. */
export async function versionsSinceCheckpoint(table: DeltaTable, state: TableState): Promise<number> {
  return state.version - ((await readCheckpointHint(table.store))?.version ?? -1)
}

function smallOf(sizes: readonly number[]): number {
  return sizes.filter(size => size < smallFileBytes).length
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}
