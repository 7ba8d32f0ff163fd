import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { pythonHome } from './pythonHome.js'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const scripts = join(root, 'test/interop')

/** MLflow as its makers publish it: a server, and its client in Python. */
export interface Mlflow extends AsyncDisposable {
  readonly url: string
  /** Runs a script of test/interop with the server's address and a value; the JSON that it prints. */
  python(script: string, value: unknown): Promise<unknown>
}

/**
 * Starts a server with nothing in it, on a free port of 127.0.0.1, in a folder of its own. MLflow is installed once into
 * the project's ignored folder from pinned requirements; needs Python 3.11.
 */
export async function startMlflow(): Promise<Mlflow> {
  const { python } = await pythonHome({ name: 'mlflow' })
  const folder = await mkdtemp(join(tmpdir(), 'mlflow-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const environment = {
    ...process.env,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_TRACKING_URI: url,
    TZ: 'UTC',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const storage = [
    '--backend-store-uri',
    `sqlite:///${join(folder, 'mlflow.db')}`,
    '--artifacts-destination',
    join(folder, 'artifacts'),
  ]
  const network = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--allowed-hosts', '127.0.0.1:*']
  // A group of its own: the server is a process that starts others.
  const server = spawn(python, ['-m', 'mlflow', 'server', ...storage, ...network], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    await ended(server)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await healthy(url, server)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    async python(script, value) {
      const input = join(folder, 'input.json')
      await writeFile(input, JSON.stringify(value))
      const { stdout } = await run(python, ['-W', 'ignore', join(scripts, script), url, input], {
        env: environment,
        maxBuffer: 1 << 26,
      })
      return JSON.parse(stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1)) as unknown
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function healthy(url: string, server: ChildProcess): Promise<void> {
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for (;;) {
    if (server.exitCode !== null) throw new Error(`MLflow ended with ${server.exitCode} before it listened: ${said}`)
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.ok === true) return
    await new Promise(again => setTimeout(again, 200))
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(listening => probe.listen(0, '127.0.0.1', listening))
  const address = probe.address()
  await new Promise(closed => probe.close(closed))
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return
  const exit = new Promise(resolved => server.once('exit', resolved))
  process.kill(-server.pid, 'SIGKILL')
  await exit
}
