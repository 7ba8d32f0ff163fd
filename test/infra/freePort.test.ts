import { createServer, type Server } from 'node:net'

import { expect, test } from 'vitest'

import { onFreePort } from '../../infra/local/index.js'

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      resolve(server)
    })
  })
}

/** A port that nobody has. */
async function unused(): Promise<number> {
  const server = await listen(0)
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

test('a port that another takes between the look and the start is left to it, and the next one is tried', async () => {
  const preferred = await unused()
  const servers: Server[] = []
  const port = await onFreePort(preferred, async port => {
    // Faster by a moment.
    if (port === preferred) servers.push(await listen(port))
    servers.push(await listen(port))
    return port
  })
  expect(port).toBeGreaterThan(preferred)
  expect(servers).toHaveLength(2)
  for (const server of servers) server.close()
})

test('a start that others are always faster than is given up', async () => {
  const preferred = await unused()
  let other: Server | undefined
  let tried = 0
  const failing = onFreePort(preferred, async port => {
    tried++
    other?.close()
    other = await listen(port)
    throw new Error(`no room on the disk, ${tried}`)
  })
  await expect(failing).rejects.toThrow('no room on the disk, 20')
  other?.close()
})

test('what fails while nobody has its port is not tried on another', async () => {
  const preferred = await unused()
  const tried: number[] = []
  const failing = onFreePort(preferred, port => {
    tried.push(port)
    return Promise.reject(new Error('no room on the disk'))
  })
  await expect(failing).rejects.toThrow('no room on the disk')
  expect(tried).toHaveLength(1)
})
