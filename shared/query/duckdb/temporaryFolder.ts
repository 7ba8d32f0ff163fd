import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const prefixes = ['lake-duckdb-', 'lake-files-'] as const

export type TemporaryPrefix = (typeof prefixes)[number]

/** Folders that do not say whose they are (earlier versions made such) are left over after so long without a change. */
const namelessKeptMs = 7 * 86_400_000

const swept = new Map<string, Promise<void>>()

/**
 * A folder of this process's own in `parent` (the system's when absent). Its name says whose it is, so that what a
 * killed process left is removed by the next process that makes one there, and a living process's never.
 */
export async function makeTemporaryFolder(prefix: TemporaryPrefix, parent: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, `${prefix}${ownerText(process.pid)}-`))
  let sweep = swept.get(parent)
  if (sweep === undefined) swept.set(parent, (sweep = removeLeftOver(parent)))
  await sweep
  return folder
}

/** Removes the folders in `parent` whose processes are gone. Best effort: what cannot be removed stays. */
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
  const [, scope, pid, start] = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-[^-]{6}$/.exec(rest) ?? []
  if (scope !== undefined) return scope === scopeText() && startText(Number(pid)) !== start
  if (!/^[A-Za-z0-9]{6}$/.test(rest)) return false
  return stat(path).then(({ mtimeMs }) => now - mtimeMs > namelessKeptMs, () => false)
}

function ownerText(pid: number): string {
  return `${scopeText()}-${pid}-${startText(pid) ?? ''}`
}

/** Where a process number means this process: a disk may be shared with other machines and containers. */
function scopeText(): string {
  return digest(`${hostname()} ${attempt(() => readlinkSync('/proc/self/ns/pid'))}`)
}

/** Which process has the number now; undefined when none has. Where the system does not tell, any process is that one. */
function startText(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  // Behind the program's name, which may hold anything, the twentieth word is when it started.
  const start = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[19] ?? '')
  return digest(`${boot} ${start}`)
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
