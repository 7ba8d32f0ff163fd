import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { isGone, processName } from '../../telemetry/index.js'
import { dayMs } from '../../types/index.js'
import { temporaryFileFault } from './queryError.js'

const prefixes = ['lake-duckdb-', 'lake-files-'] as const

/** How a temporary folder's name begins, which is how left-over ones are found. */
export type TemporaryPrefix = (typeof prefixes)[number]

/**
 * Folders without an owner in their names (earlier versions made such) count as left over after so long without a
 * change.
 */
const namelessKeptMs = 7 * dayMs

const swept = new Map<string, Promise<void>>()

/**
 * A folder of this process's own in `parent` (the system's when absent). Its name has the owner's process, so that what
 * a killed process left is removed by the next process that makes one there, and a living process's never.
 */
export async function makeTemporaryFolder(prefix: TemporaryPrefix, parent: string = tmpdir()): Promise<string> {
  const start = join(parent, `${prefix}${processName(process.pid)}-`)
  const folder = await mkdtemp(start).catch((thrown: unknown) => {
    throw temporaryFileFault(thrown, start)
  })
  let sweep = swept.get(parent)
  if (sweep === undefined) swept.set(parent, (sweep = removeLeftOver(parent)))
  await sweep
  return folder
}

/** Removes the folders in `parent` whose processes have ended. Best effort: what cannot be removed stays. */
export async function removeLeftOver(parent: string, now: number = Date.now()): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  await Promise.all(
    names.map(async name => {
      const prefix = prefixes.find(p => name.startsWith(p))
      if (prefix === undefined || !(await isLeftOver(join(parent, name), name.slice(prefix.length), now))) return
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)
    }),
  )
}

async function isLeftOver(path: string, rest: string, now: number): Promise<boolean> {
  const owner = /^(.+)-[^-]{6}$/.exec(rest)?.[1]
  if (owner !== undefined) return isGone(owner)
  if (!/^[A-Za-z0-9]{6}$/.test(rest)) return false
  return stat(path).then(
    ({ mtimeMs }) => now - mtimeMs > namelessKeptMs,
    () => false,
  )
}
