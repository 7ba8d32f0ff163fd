import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

const form = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})$/

/**
 * A name that no other process ever has, also when its number is given out again, by which `isGone` knows later whether
 * it still runs. Letters a to f, digits and dashes; empty when no such process runs.
 */
export function processName(pid: number): string {
  const start = startText(pid)
  return start === undefined ? '' : `${scopeText()}-${pid}-${start}`
}

/** Whether the process of that name was this machine's and runs no more; of another machine's nothing is known. */
export function isGone(name: string): boolean {
  const [, scope, pid, start] = form.exec(name) ?? []
  return scope !== undefined && scope === scopeText() && startText(Number(pid)) !== start
}

/** Where a process number means this process: a disk may be shared with other machines and containers. */
function scopeText(): string {
  return digest(`${hostname()} ${attempt(() => readlinkSync('/proc/self/ns/pid'))}`)
}

/**
 * Which process has the number now; undefined when none has. Where the system does not say, any process is that one.
 */
function startText(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  // Behind the program's name, which may hold anything, the twentieth word is when it started.
  const start = attempt(
    () =>
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? '',
  )
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
