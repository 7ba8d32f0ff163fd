import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../shared/clock.js'
import { StackProcess } from './childProcess.js'

/** The account that Azurite knows from the start; its key is public. */
export const account = 'devstoreaccount1'
export const container = 'lake'

export interface Azurite {
  readonly port: number
  readonly lakeUrl: string
  readonly process: StackProcess
}

/** Starts Azurite's blob service on 127.0.0.1, its data in `folder`, and waits until it listens. */
export async function startAzurite(port: number, folder: string, logFile: string): Promise<Azurite> {
  const packageFile = createRequire(import.meta.url).resolve('azurite/package.json')
  const guard = join(dirname(fileURLToPath(import.meta.url)), 'parentGuard.js')
  const child = new StackProcess({
    name: 'Azurite',
    nodeArgs: ['--import', guard],
    script: join(dirname(packageFile), 'dist', 'src', 'blob', 'main.js'),
    args: [
      '--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder,
      '--silent', '--disableTelemetry', '--skipApiVersionCheck',
    ],
    logFile,
  })
  try {
    await child.ready(listening(port), 30_000)
  } catch (thrown) {
    child.kill()
    throw thrown
  }
  return { port, lakeUrl: `http://127.0.0.1:${port}/${account}/${container}`, process: child }
}

async function listening(port: number): Promise<void> {
  while (!(await answers(port))) await systemClock.sleep(50)
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => { end(true) })
    socket.once('error', () => { end(false) })
  })
}
