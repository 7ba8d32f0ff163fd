import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { systemClock } from '../../shared/clock.js'

const run = promisify(execFile)
const patienceMs = 20_000

/**
 * Ends what an earlier stack left behind when it was ended by force.
 *
 * @param isOwn whether a command line is that of such a process: a later process that got the same number is left alone
 */
export async function endLeftOver(pids: readonly number[], isOwn: (args: string) => boolean): Promise<void> {
  await Promise.all(pids.map(pid => endOne(pid, isOwn)))
}

async function endOne(pid: number, isOwn: (args: string) => boolean): Promise<void> {
  const deadline = systemClock.monotonic() + patienceMs
  let signal: NodeJS.Signals | 0 = 'SIGTERM'
  while (isOwn(await processArgs(pid))) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    signal = systemClock.monotonic() < deadline ? 0 : 'SIGKILL'
    await systemClock.sleep(100)
  }
}

/** The command line of a process; empty when there is none. */
export async function processArgs(pid: number): Promise<string> {
  return await run('ps', ['-o', 'args=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
}
