import { readFile } from 'node:fs/promises'

/**
 * The most memory that this process has had, in bytes. The system's own figure where it has one: that of the runtime
 * counts what the parent took before this process began.
 */
export async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(status) ?? []
  return kilobytes === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kilobytes) * 1024
}
