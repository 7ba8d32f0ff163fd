import { type Dirent, statSync } from 'node:fs'
import { readdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { elapsedMs } from '../elapsed.js'
import { compareUtf8, isObjectName } from '../objectPath.js'
import type { ObjectInfo } from '../objectStore.js'
import { hasErrno, localError } from './localDiskError.js'
import { outsideTarget } from './localLinks.js'
import { fileTime, modifiedAt, temporaryPrefix } from './temporaryFile.js'

/** Long past any upload's life: what is still there was left by a process that was killed. */
const leftoverAgeMs = 24 * 3_600_000

/** How many files are asked for size and time before others get their turn: a fraction of a millisecond. */
const statBatch = 128

interface Entry {
  /** Relative to the root; a folder's ends with `/`, which puts it where the names inside it belong. */
  readonly key: string
  readonly isFolder: boolean
}

/**
 * The files under `root` whose names start with `prefix` and sort after `startAfter`, in the order of UTF-8 bytes of the
 * whole name. Folders outside the two bounds are not opened. Links to files are files, unless they lead out of the root
 * to where nothing is allowed; links to folders are not followed. Names that no object can have are left out. Removes, as it passes, what killed uploads left more than a day ago.
 */
export async function* listFolder(
  root: string,
  prefix: string,
  startAfter: string | undefined,
  allowed: readonly string[] = [],
): AsyncGenerator<ObjectInfo> {
  yield* walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), { prefix, startAfter, allowed })
}

interface Wanted {
  readonly prefix: string
  readonly startAfter: string | undefined
  readonly allowed: readonly string[]
}

async function* walk(root: string, folder: string, wanted: Wanted): AsyncGenerator<ObjectInfo> {
  const { prefix, startAfter, allowed } = wanted
  const entries = await entriesOf(root, folder, key => key.startsWith(prefix) && isAfter(key, startAfter), allowed)
  let batch: string[] = []
  for (const entry of entries) {
    if (!entry.isFolder) batch.push(entry.key)
    if (entry.isFolder || batch.length === statBatch) {
      yield* infosOf(root, batch)
      batch = []
      await nextTurn()
    }
    if (entry.isFolder) yield* walk(root, entry.key, wanted)
  }
  yield* infosOf(root, batch)
}

async function entriesOf(
  root: string,
  folder: string,
  wanted: (key: string) => boolean,
  allowed: readonly string[],
): Promise<readonly Entry[]> {
  const location = path.join(root, folder)
  const entries: Entry[] = []
  for (const dirent of await direntsOf(location)) {
    if (dirent.name.startsWith(temporaryPrefix)) await removeLeftover(path.join(location, dirent.name))
    else if (!isObjectName(dirent.name)) continue
    else if (dirent.isDirectory()) entries.push({ key: `${folder}${dirent.name}/`, isFolder: true })
    else if (dirent.isSymbolicLink() && outsideTarget(root, path.join(location, dirent.name), allowed) !== undefined)
      continue
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

/** Asked synchronously: a thread's round trip for each file costs ten times what the answer does. */
function infosOf(root: string, names: readonly string[]): readonly ObjectInfo[] {
  return names.map(name => infoOf(root, name)).filter(info => info !== undefined)
}

function infoOf(root: string, name: string): ObjectInfo | undefined {
  try {
    const found = statSync(`${root}/${name}`, { bigint: true, throwIfNoEntry: false })
    return found?.isFile() === true
      ? { path: name, size: Number(found.size), modifiedAt: modifiedAt(found) }
      : undefined
  } catch (error) {
    // A link in a circle, or a folder that became a file since it was read; no entry at all is `undefined` above.
    if (hasErrno(error, 'ENOTDIR', 'ELOOP')) return undefined
    throw localError('list', path.join(root, name), error)
  }
}

async function removeLeftover(file: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(file)
    if ((elapsedMs(mtimeMs, await fileTime(path.dirname(file))) ?? 0) > leftoverAgeMs) await unlink(file)
  } catch {
    // Its writer finished, or the folder is not ours to change; neither concerns a listing.
  }
}

/** Names of the folders directly in a folder; links to folders are not followed. */
export async function folderNames(root: string, folder: string): Promise<readonly string[]> {
  const dirents = await direntsOf(path.join(root, folder))
  return dirents.filter(dirent => dirent.isDirectory() && isObjectName(dirent.name)).map(dirent => dirent.name)
}
