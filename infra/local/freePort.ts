import { createServer } from 'node:net'

import { LocalStackError } from './localStackError.js'

const host = '127.0.0.1'
const tries = 20

/**
 * The preferred port of 127.0.0.1, or the next one after it that nobody listens on.
 * @throws LocalStackError when twenty in a row are taken
 */
export async function freePort(preferred: number): Promise<number> {
  for (let port = preferred; port < preferred + tries; port++) if (await isFree(port)) return port
  throw new LocalStackError(
    'NO_FREE_PORT',
    `Ports ${preferred} to ${preferred + tries - 1} of ${host} are all in use; free one of them.`,
  )
}

/**
 * Starts what listens on the preferred port of 127.0.0.1, or on the next one after it that is free. Who takes a port
 * between the look and the start, as another stack that starts at the same moment does, has it: the next one is tried.
 *
 * @param start fails, and leaves nothing that listens, when the port is taken
 * @throws LocalStackError NO_FREE_PORT; what `start` throws while nobody has the port
 */
export async function onFreePort<T>(preferred: number, start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(preferred)
    try {
      return await start(port)
    } catch (thrown) {
      if (attempt === tries || (await isFree(port))) throw thrown
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen(port, host, () =>
      server.close(() => {
        resolve(true)
      }),
    )
  })
}
