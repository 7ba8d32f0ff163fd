import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { systemClock } from '../../shared/clock.js'

const run = promisify(execFile)
const patienceMs = 20_000

/**
 * Ends what an earlier stack left behind when it was ended by force. A process is only taken for a part of it when its
 * command line names the state folder; a later process that got the same number is left alone.
 */
export async function endLeftOver(pids: readonly number[], stateFolder: string): Promise<void> {
  await Promise.all(pids.map(pid => endOne(pid, stateFolder)))
}

async function endOne(pid: number, stateFolder: string): Promise<void> {
  const deadline = systemClock.monotonic() + patienceMs
  let signal: NodeJS.Signals | 0 = 'SIGTERM'
  while (await isPart(pid, stateFolder)) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    signal = systemClock.monotonic() < deadline ? 0 : 'SIGKILL'
    await systemClock.sleep(100)
  }
}

async function isPart(pid: number, stateFolder: string): Promise<boolean> {
  const args = await run('ps', ['-o', 'args=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )
  return args.includes(stateFolder)
}
