import { realpathSync } from 'node:fs'
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

/** The same for a file that is to be written: its folder, or as much of it as there is, has to be inside. */
export function requireFolderInside(root: string, file: string, allowed: readonly string[]): void {
  let folder = path.dirname(file)
  while (isInside(root, folder) && realPath(folder) === undefined) folder = path.dirname(folder)
  if (isInside(root, folder)) requireInside(root, folder, allowed)
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
