import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own in memory, which can be full or read-only as no folder can be for a superuser. */
export interface TinyDisk {
  readonly folder: string
  readOnly(is: boolean): void
  remove(): void
}

/** Undefined where this user may not mount. */
export function tinyDisk(kilobytes: number): TinyDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-disk-'))
  const run = (command: string, ...args: string[]) => void execFileSync(command, args, { stdio: 'ignore' })
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder)
  } catch {
    rmdirSync(folder)
    return undefined
  }
  return {
    folder,
    readOnly: is => {
      run('mount', '-o', `remount,${is ? 'ro' : 'rw'}`, folder)
    },
    remove: () => {
      run('umount', folder)
      rmdirSync(folder)
    },
  }
}
