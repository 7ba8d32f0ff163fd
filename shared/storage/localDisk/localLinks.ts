import { constants, openSync, realpathSync } from 'node:fs'
import path from 'node:path'

import { isInside } from '../address/index.js'
import { StorageError } from '../storageError.js'
import { hasErrno } from './localDiskError.js'

/**
 * Where the file or folder is when links are followed, if that is neither in `root` nor in one of `allowed`; undefined
 * when all is well, or nothing is there. The root itself may be a link.
 */
export function outsideTarget(root: string, file: string, allowed: readonly string[]): string | undefined {
  const real = realPath(file)
  if (real === undefined) return undefined
  const holding = [root, ...allowed].some(folder => isInside(realPath(folder) ?? folder, real))
  return holding ? undefined : real
}

/**
 * A link that leads out of the store would let whoever made the table choose what is read.
 * @throws StorageError STORAGE_FORBIDDEN for a file that a link puts outside the store
 */
export function requireInside(root: string, file: string, allowed: readonly string[]): void {
  const real = outsideTarget(root, file, allowed)
  if (real === undefined) return
  throw new StorageError(
    'STORAGE_FORBIDDEN',
    `${file} is behind a link that leads out of ${root}, to ${real}; it was not touched. ` +
      'If you trust it, name its folder as an external location (LAKE_EXTERNAL_LOCATIONS, or --external-location)',
    { data: { file, root, real } },
  )
}

/**
 * The folders of a store, asked once in a turn of the event loop where links lead: many files of one folder are read or
 * deleted together.
 */
export class StoreFolders {
  readonly #root: string
  readonly #allowed: readonly string[]
  readonly #inside = new Set<string>()

  constructor(root: string, allowed: readonly string[]) {
    this.#root = root
    this.#allowed = allowed
  }

  /**
   * Of a file its folder has to be inside, or as much of it as there is.
   *
   * @throws StorageError STORAGE_FORBIDDEN
   */
  require(file: string): void {
    const asked = path.dirname(file)
    if (this.#inside.has(asked)) return
    let folder = asked
    while (isInside(this.#root, folder) && realPath(folder) === undefined) folder = path.dirname(folder)
    if (isInside(this.#root, folder)) requireInside(this.#root, folder, this.#allowed)
    if (folder !== asked) return
    if (this.#inside.size === 0)
      setImmediate(() => {
        this.#inside.clear()
      })
    this.#inside.add(asked)
  }

  /**
   * Opens a file to read it. One that is itself a link is followed where that is allowed.
   *
   * @throws StorageError STORAGE_FORBIDDEN; what the system says otherwise
   */
  open(file: string): number {
    this.require(file)
    try {
      return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch (error) {
      if (!hasErrno(error, 'ELOOP', 'EMLINK')) throw error
      requireInside(this.#root, file, this.#allowed)
      return openSync(file, 'r')
    }
  }
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync.native(file)
  } catch (error) {
    // What is wrong with it shows when it is read.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG')) return undefined
    throw error
  }
}
