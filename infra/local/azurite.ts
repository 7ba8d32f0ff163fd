import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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
      await child.prints('successfully listens on', 30_000)
      return child.running(10_000)
    },
  }
}
