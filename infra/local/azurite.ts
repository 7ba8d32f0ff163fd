import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { systemClock } from '../../shared/clock.js'
import { StackProcess } from './childProcess.js'
import { type PartPlan } from './supervisedPart.js'

/** The account that Azurite knows from the start; its key is public. */
export const account = 'devstoreaccount1'
/** The blob container that holds the local lake. */
export const container = 'lake'

/** The address of the lake in an Azurite on that port, as LAKE_URL takes it. */
export function lakeUrlAt(port: number): string {
  return `http://127.0.0.1:${port}/${account}/${container}`
}

/** Azurite's blob service on 127.0.0.1, its data in `folder`. */
export function azuritePlan(port: number, folder: string, logFile: string): PartPlan {
  const packageFile = createRequire(import.meta.url).resolve('azurite/package.json')
  const guard = join(dirname(fileURLToPath(import.meta.url)), 'parentGuard.js')
  return {
    name: 'Azurite',
    logFile,
    async start() {
      const child = new StackProcess({
        name: 'Azurite',
        nodeArgs: ['--import', guard],
        script: join(dirname(packageFile), 'dist', 'src', 'blob', 'main.js'),
        args: [
          '--blobHost',
          '127.0.0.1',
          '--blobPort',
          String(port),
          '--location',
          folder,
          '--silent',
          '--disableTelemetry',
          '--skipApiVersionCheck',
        ],
        logFile,
      })
      await child.ready(listening(port, child.exited), 30_000)
      return child.running(10_000)
    },
  }
}

async function listening(port: number, exited: Promise<string>): Promise<void> {
  const pause = () => systemClock.sleep(50).then(() => 'tick')
  while (!(await answers(port))) if ((await Promise.race([exited, pause()])) !== 'tick') return
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => {
      end(true)
    })
    socket.once('error', () => {
      end(false)
    })
  })
}
