import { type Action, type DeltaTable, readCheckpointHint, type TableState } from '../../delta/index.js'

/** How many files a table has. */
export interface FileTotals {
  readonly files: number
  readonly smallFiles: number
  readonly bytes: number
}

export const noFiles: FileTotals = { files: 0, smallFiles: 0, bytes: 0 }

/** Below it a file costs a reader more to open than to read. */
const smallFileBytes = 16 * 2 ** 20

/**
 * The totals after one more commit, or undefined when its actions do not tell: a `remove` without a size, or an `add`
 * that says something new about a file which may be there already. Pure; no I/O.
 */
export function totalsAfter(before: FileTotals, actions: readonly Action[]): FileTotals | undefined {
  let { files, smallFiles, bytes } = before
  let restated = false
  let removes = 0
  for (const action of actions) {
    if ('add' in action) {
      files++
      bytes += action.add.size
      if (action.add.size < smallFileBytes) smallFiles++
      restated ||= !action.add.dataChange
    } else if ('remove' in action) {
      const { size } = action.remove
      if (size === undefined) return undefined
      removes++
      files--
      bytes -= size
      if (size < smallFileBytes) smallFiles--
    }
  }
  return (restated && removes === 0) || files < 0 ? undefined : { files, smallFiles, bytes }
}

/** The totals from the whole list of files: for when the commits alone do not tell. */
export async function countFiles(table: DeltaTable, version: number): Promise<FileTotals> {
  const snapshot = await table.snapshot({ version })
  if (snapshot === undefined) return noFiles
  return {
    files: snapshot.numFiles,
    smallFiles: snapshot.files.filter(file => file.size < smallFileBytes).length,
    bytes: Number(snapshot.sizeInBytes),
  }
}

/** How many commits a reader must replay. Without a checkpoint that is all of them, version 0 too. */
export async function versionsSinceCheckpoint(table: DeltaTable, state: TableState): Promise<number> {
  return state.version - ((await readCheckpointHint(table.store))?.version ?? -1)
}
