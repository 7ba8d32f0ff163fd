import { randomUUID } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import path from 'node:path'

import { hasErrno, localError } from './localDiskError.js'

/** How the files of unfinished uploads begin; no listing shows them. */
export const temporaryPrefix = '.upload~'

/**
 * When a file was last written, whole milliseconds since 1970, as Java and so Spark cut it: Node's `mtimeMs` is a double,
 * which the last hundred nanoseconds of a millisecond round up to the next one.
 */
export function modifiedAt({ mtimeNs }: Pick<BigIntStats, 'mtimeNs'>): number {
  return Number(mtimeNs / 1_000_000n)
}

/**
 * The time that a file gets which is written into the folder now, milliseconds since 1970; this machine's where nothing
 * can be written there.
 */
export async function fileTime(folder: string): Promise<number> {
  const temporary = path.join(folder, temporaryPrefix + randomUUID())
  try {
    const file = await open(temporary, 'wx')
    try {
      return modifiedAt(await file.stat({ bigint: true }))
    } finally {
      await file.close()
      await unlink(temporary)
    }
  } catch {
    return Date.now()
  }
}

/** A new file beside the target with the bytes on the disk. @returns its path */
export async function writtenTemporary(target: string, bytes: Uint8Array): Promise<string> {
  const { file, temporary } = await openTemporary('putIfAbsent', target)
  try {
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    return temporary
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(temporary).catch(() => undefined)
    throw localError('putIfAbsent', target, error)
  }
}

/** A new file beside the target, under a name no listing shows; makes the folder when it is missing. */
export async function openTemporary(
  operation: string,
  target: string,
): Promise<{ file: FileHandle; temporary: string }> {
  const folder = path.dirname(target)
  const temporary = path.join(folder, temporaryPrefix + randomUUID())
  const openNew = () => open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  try {
    try {
      return { file: await openNew(), temporary }
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
      await makeFolders(folder)
      return { file: await openNew(), temporary }
    }
  } catch (error) {
    throw localError(operation, target, error)
  }
}

/**
 * A folder and those above it that are missing; a new one's own name is on the disk only once the folder above it is.
 * Each by itself: Node's recursive mkdir says of a file system that is read-only that there is no such folder.
 */
async function makeFolders(folder: string): Promise<void> {
  const parent = path.dirname(folder)
  try {
    await mkdir(folder).catch(async (error: unknown) => {
      if (!hasErrno(error, 'ENOENT') || parent === folder) throw error
      await makeFolders(parent)
      await mkdir(folder)
    })
  } catch (error) {
    // Another writer's, or an object of that name, which opening the file shows.
    if (hasErrno(error, 'EEXIST')) return
    throw error
  }
  await syncFolder(parent)
}

/** Puts the target's name on the disk. It has it already, so a failure here leaves open whether it would survive a crash: ambiguous. */
export async function syncedFolder(operation: string, target: string): Promise<void> {
  try {
    await syncFolder(path.dirname(target))
  } catch (error) {
    throw localError(operation, target, error, { ambiguous: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
