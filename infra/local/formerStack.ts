import { join } from 'node:path'

import { removeRunningStack, stackState, stateFolderName } from '../../shared/cli/index.js'
import type { Logger } from '../../shared/telemetry/index.js'
import { endLeftOver } from './leftOver.js'
import { LocalStackError } from './localStackError.js'

/**
 * A folder has one stack: what one that was killed has left of itself is ended.
 * @throws LocalStackError ALREADY_RUNNING
 */
export async function refuseSecond(folder: string, log: Logger): Promise<void> {
  const state = stackState(folder)
  if (state.kind === 'running') {
    const { pid, command } = state.stack
    throw new LocalStackError(
      'ALREADY_RUNNING',
      `A stack (${command}, pid ${pid}) runs in ${folder} already; end it first: kill ${pid}`,
    )
  }
  if (state.kind === 'stale') {
    log.warn('An earlier stack was ended by force; what it left is ended and its state taken over', {
      pid: state.stack.pid,
    })
    const folderName = join(folder, stateFolderName)
    await endLeftOver(Object.values(state.stack.processes), args => args.includes(folderName))
    removeRunningStack(folder, state.stack.pid)
  }
}
