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
