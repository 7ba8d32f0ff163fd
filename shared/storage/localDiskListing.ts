import type { Dirent } from 'node:fs'
import { readdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { hasErrno, localError } from './localDiskError.js'
import { compareUtf8 } from './objectPath.js'
import type { ObjectInfo } from './objectStore.js'

/** How the files of unfinished uploads begin; no listing shows them. */
export const temporaryPrefix = '.upload~'

/** Long past any upload's life: what is still there was left by a process that was killed. */
const leftoverAgeMs = 24 * 3_600_000

/** How many files are asked for size and time at once. */
const statBatch = 64

interface Entry {
  /** Relative to the root; a folder's ends with `/`, which puts it where the names inside it belong. */
  readonly key: string
  readonly isFolder: boolean
}

/**
 * The files under `root` whose names start with `prefix` and sort after `startAfter`, in the order of UTF-8 bytes of the
 * whole name. Folders outside the two bounds are not opened. Links to files are files; links to folders are not
 * followed. Removes, as it passes, what killed uploads left more than a day ago.
 */
export async function* listFolder(root: string, prefix: string, startAfter: string | undefined): AsyncGenerator<ObjectInfo> {
  yield* walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, startAfter)
}

async function* walk(root: string, folder: string, prefix: string, startAfter: string | undefined): AsyncGenerator<ObjectInfo> {
  const entries = await entriesOf(root, folder, key => key.startsWith(prefix) && isAfter(key, startAfter))
  let batch: string[] = []
  for (const entry of entries) {
    if (!entry.isFolder) batch.push(entry.key)
    if (entry.isFolder || batch.length === statBatch) {
      yield* await infosOf(root, batch)
      batch = []
    }
    if (entry.isFolder) yield* walk(root, entry.key, prefix, startAfter)
  }
  yield* await infosOf(root, batch)
}

async function entriesOf(root: string, folder: string, wanted: (key: string) => boolean): Promise<readonly Entry[]> {
  const location = path.join(root, folder)
  const entries: Entry[] = []
  for (const dirent of await direntsOf(location)) {
    if (dirent.name.startsWith(temporaryPrefix)) await removeLeftover(path.join(location, dirent.name))
    else if (dirent.isDirectory()) entries.push({ key: `${folder}${dirent.name}/`, isFolder: true })
    else if (dirent.isFile() || dirent.isSymbolicLink()) entries.push({ key: folder + dirent.name, isFolder: false })
  }
  return entries.filter(entry => wanted(entry.key)).sort((a, b) => compareUtf8(a.key, b.key))
}

async function direntsOf(location: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(location, { withFileTypes: true })
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw localError('list', location, error)
  }
}

/** A folder that begins `startAfter` sorts before it and still may hold names that sort after it. */
function isAfter(key: string, startAfter: string | undefined): boolean {
  if (startAfter === undefined) return true
  return compareUtf8(key, startAfter) > 0 || (key.endsWith('/') && startAfter.startsWith(key))
}

async function infosOf(root: string, names: readonly string[]): Promise<readonly ObjectInfo[]> {
  const infos = await Promise.all(names.map(name => infoOf(root, name)))
  return infos.filter(info => info !== undefined)
}

async function infoOf(root: string, name: string): Promise<ObjectInfo | undefined> {
  try {
    const found = await stat(path.join(root, name))
    return found.isFile() ? { path: name, size: found.size, modifiedAt: Math.floor(found.mtimeMs) } : undefined
  } catch (error) {
    // Deleted since the folder was read, or a link that leads nowhere.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw localError('list', path.join(root, name), error)
  }
}

async function removeLeftover(file: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(file)
    if (Date.now() - mtimeMs > leftoverAgeMs) await unlink(file)
  } catch {
    // Its writer finished, or the folder is not ours to change; neither concerns a listing.
  }
}
