import type { Action } from './actions.js'

/** The sizes in bytes of the files that a commit adds and removes. */
export interface SizeChanges {
  readonly added: readonly number[]
  readonly removed: readonly number[]
}

/**
 * What a commit does to the files that a table counts, or `undefined` when its actions do not determine it: a `remove`
 * without a size, or an `add` without data change in a commit without a `remove`, which may only update a file that the
 * table has already.
 */
export function sizeChanges(actions: readonly Action[]): SizeChanges | undefined {
  const added: number[] = []
  const removed: number[] = []
  let restated = false
  for (const action of actions) {
    if ('add' in action) {
      added.push(action.add.size)
      restated ||= !action.add.dataChange
    } else if ('remove' in action) {
      if (action.remove.size === undefined) return undefined
      removed.push(action.remove.size)
    }
  }
  return restated && removed.length === 0 ? undefined : { added, removed }
}
