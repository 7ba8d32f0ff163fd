import { type Action, type AddFile, fileKey, type RemoveFile } from '../actions/index.js'

/**
 * Which files a table has: file actions, oldest first, reconciled by logical file: its path and its deletion vector
 * (PROTOCOL.md, "Action Reconciliation").
 */
export class FileReplay {
  readonly #adds = new Map<string, AddFile>()
  readonly #removes = new Map<string, RemoveFile>()

  /** The actions of one commit, or some of a checkpoint's. */
  apply(actions: readonly Action[]): void {
    for (const action of actions) {
      if ('add' in action) {
        const key = fileKey(action.add)
        this.#adds.set(key, action.add)
        if (this.#removes.size > 0) this.#removes.delete(key)
      } else if ('remove' in action) {
        const key = fileKey(action.remove)
        this.#removes.set(key, action.remove)
        this.#adds.delete(key)
      }
    }
  }

  get isEmpty(): boolean {
    return this.#adds.size === 0 && this.#removes.size === 0
  }

  /** Whether an action has decided about this file, so that older ones no longer count. */
  decides(file: Pick<AddFile | RemoveFile, 'path' | 'deletionVector'>): boolean {
    if (this.isEmpty) return false
    const key = fileKey(file)
    return this.#adds.has(key) || this.#removes.has(key)
  }

  adds(): AddFile[] {
    return [...this.#adds.values()]
  }

  /** Those removed at `expiry` (milliseconds since 1970) or later; one without a time has expired. */
  tombstones(expiry: number): RemoveFile[] {
    return [...this.#removes.values()].filter(remove => (remove.deletionTimestamp ?? 0) >= expiry)
  }
}
