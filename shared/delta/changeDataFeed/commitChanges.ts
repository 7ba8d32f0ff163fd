import type { ObjectStore } from '../../storage/index.js'
import { type Action, type AddFile, canonicalPath, type DeletionVector, type RemoveFile } from '../actions/index.js'
import { onlyThese, type RowChoice, type RowFile } from '../dataFiles/index.js'
import { readDeletionVector, type RoaringBitmap, type VectorPlace } from '../deletionVectors/index.js'
import { commitInfoOf } from '../log/index.js'

/** Rows of one file that one commit changed. */
export interface ChangeFileRows {
  readonly file: RowFile
  /** Which rows; absent: those that the file's own deletion vector leaves. */
  readonly choice?: RowChoice | undefined
  /** Absent for a change file, which has it for each row. */
  readonly type?: 'insert' | 'delete' | undefined
}

/**
 * Where the rows are that a commit changed. Only in its change files when it has any; a file that it removes and adds
 * again under another deletion vector changed in the rows that only one of the two has. A merge whose metrics report
 * that it changed no row may still have rewritten files with `dataChange` true.
 */
export async function* changeFileRows(
  store: ObjectStore,
  actions: readonly Action[],
  place: VectorPlace,
): AsyncGenerator<ChangeFileRows, void> {
  const changeFiles = actions.flatMap(action => ('cdc' in action ? [action.cdc] : []))
  if (changeFiles.length > 0) {
    for (const file of changeFiles) yield { file }
    return
  }
  if (changesNothing(actions)) return
  const removed = new Map<string, RemoveFile>()
  for (const action of actions) {
    if ('remove' in action && action.remove.dataChange) removed.set(canonicalPath(action.remove.path), action.remove)
  }
  for (const action of actions) {
    if (!('add' in action) || !action.add.dataChange) continue
    const before = removed.get(canonicalPath(action.add.path))
    if (before === undefined) yield { file: action.add, type: 'insert' }
    else {
      removed.delete(canonicalPath(action.add.path))
      yield* betweenVectors(store, before, action.add, place)
    }
  }
  for (const file of removed.values()) yield { file, type: 'delete' }
}

function changesNothing(actions: readonly Action[]): boolean {
  const { operation, operationMetrics = {} } = commitInfoOf(actions) ?? {}
  return operation === 'MERGE' && mergeCounts.every(name => operationMetrics[name] === '0')
}

const mergeCounts = ['numTargetRowsInserted', 'numTargetRowsUpdated', 'numTargetRowsDeleted'] as const

async function* betweenVectors(
  store: ObjectStore,
  before: RemoveFile,
  after: AddFile,
  place: VectorPlace,
): AsyncGenerator<ChangeFileRows, void> {
  const load = async (vector: DeletionVector | undefined): Promise<RoaringBitmap | undefined> =>
    vector === undefined ? undefined : readDeletionVector(store, vector, place)
  const [old, now] = await Promise.all([load(before.deletionVector), load(after.deletionVector)])
  if (now !== undefined) yield { file: after, choice: onlyThese(now, old), type: 'delete' }
  if (old !== undefined) yield { file: after, choice: onlyThese(old, now), type: 'insert' }
}
