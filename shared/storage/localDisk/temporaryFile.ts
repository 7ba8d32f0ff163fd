import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import path from 'node:path'

/** How the files of unfinished uploads begin; no listing shows them. */
export const temporaryPrefix = '.upload~'

/**
 * The time that a file gets which is written into the folder now, milliseconds since 1970; this machine's where nothing
 * can be written there.
 */
export async function fileTime(folder: string): Promise<number> {
  const temporary = path.join(folder, temporaryPrefix + randomUUID())
  try {
    const file = await open(temporary, 'wx')
    try {
      return Math.floor((await file.stat()).mtimeMs)
    } finally {
      await file.close()
      await unlink(temporary)
    }
  } catch {
    return Date.now()
  }
}
