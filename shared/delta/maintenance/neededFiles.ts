import { type Action, type DeletionVector, resolveDataPath } from '../actions/index.js'
import { deletionVectorPath } from '../deletionVectors/index.js'
import type { CommitFile } from '../log/index.js'
import { StringSet } from '../snapshot/index.js'

/** The objects of a table's folder that the log needs; some bytes each, however many. Paths are compared decoded, in whatever spelling the log has them. */
export class NeededFiles {
  readonly #tableUrl: string
  readonly #names = new StringSet()
  /** Last parts of absolute addresses outside the table, as it seems: another spelling of it may name our own file. */
  readonly #lastParts = new StringSet()

  constructor(tableUrl: string) {
    this.#tableUrl = tableUrl
  }

  /** Everything that these actions name, in whatever way. */
  take(actions: readonly Action[]): void {
    for (const action of actions) {
      if ('add' in action) this.#takeFile(action.add)
      else if ('remove' in action) this.#takeFile(action.remove)
      else if ('cdc' in action) this.#takePath(action.cdc.path)
    }
  }

  /** Applies the commits from `next` on, as far as there are any; answers the first missing version. */
  async follow(read: (version: number) => Promise<CommitFile | undefined>, next: number): Promise<number> {
    for (let version = next; ; version++) {
      const commit = await read(version)
      if (commit === undefined) return version
      this.take(commit.actions)
    }
  }

  /** @param path an object's name, relative to the table */
  has(path: string): boolean {
    return this.#names.has(path) || (this.#lastParts.size > 0 && this.#lastParts.has(lastPart(path)))
  }

  #takeFile(file: { readonly path: string; readonly deletionVector?: DeletionVector | undefined }): void {
    this.#takePath(file.path)
    if (file.deletionVector === undefined) return
    if (file.deletionVector.storageType !== 'i') this.#takePath(deletionVectorPath(file.deletionVector))
  }

  #takePath(path: string): void {
    const resolved = resolveDataPath(this.#tableUrl, path)
    if (resolved.kind === 'relative') this.#names.add(resolved.name)
    else this.#lastParts.add(lastPart(decodeURIComponent(resolved.url)))
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
