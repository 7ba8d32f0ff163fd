import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import os from 'node:os'

import { emulatorAccount, emulatorKey } from '../../shared/storage/azureBlob/index.js'

export interface Azurite {
  /** The account's endpoint; a container's address is `${url}/<container>`. */
  readonly url: string
  readonly connectionString: string
  stop(): Promise<void>
}

/**
 * Starts Azurite's blob service from node_modules, on a free port of 127.0.0.1.
 * @param port a port of your choice instead, to start it again where it was
 * @param folder where it keeps its blobs, to have them again; in memory when absent
 */
export async function startAzurite(port = 0, folder?: string): Promise<Azurite> {
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js')
  const flags = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--silent']
  const kept = folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder]
  const options = [...kept, '--skipApiVersionCheck', '--disableTelemetry']
  const child = spawn(process.execPath, [program, ...flags, ...options], {
    cwd: os.tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => ended(child, folder === undefined ? 'SIGKILL' : 'SIGTERM')
  try {
    const origin = await listening(child)
    const url = `${origin}/${emulatorAccount}`
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${emulatorAccount};AccountKey=${emulatorKey};BlobEndpoint=${url};`
    return { url, connectionString, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      const address = /successfully listens on (http:\/\/\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', code => {
      reject(new Error(`Azurite ended with ${String(code)} before it listened: ${said}`))
    })
  })
}

/** In memory nothing is worth a graceful end; on a disk it writes down at its end what it has said that it holds. */
function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    child.once('exit', () => {
      resolve()
    })
    child.kill(signal)
  })
}
