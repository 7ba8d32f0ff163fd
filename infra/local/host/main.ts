import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { asError } from '../../../shared/errors.js'
import { readLocalSettings } from '../../../shared/settings/index.js'
import { consoleLogger, type Logger, redact } from '../../../shared/telemetry/index.js'
import { FunctionHost } from './functionHost.js'
import { HostError } from './hostError.js'

/**
 * The function host as a process: `node dist/infra/local/host/main.js [--app FOLDER] [--port 7071] [--state FOLDER] [--key KEY]`.
 * Started by the stack, it says over the channel when it is ready and what goes wrong; SIGTERM, SIGINT or the end of
 * the channel stop it after what runs is finished.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      app: { type: 'string', default: process.cwd() },
      port: { type: 'string', default: '7071' },
      state: { type: 'string' },
      key: { type: 'string' },
    },
  })
  // What it prints goes to a file: a disk that is full must not end it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const settings = readLocalSettings(values.app)
  Object.assign(process.env, settings)
  const log = reporting(consoleLogger({ write: line => process.stdout.write(line) }))
  const host = await FunctionHost.start({
    folder: values.app,
    settings,
    port: portOf(values.port),
    functionKey: values.key,
    stateFolder: values.state ?? join(values.app, '.lake', 'host'),
    log,
  })
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    host.stop().then(
      () => process.exit(0),
      (thrown: unknown) => {
        log.error(`The host did not stop cleanly: ${asError(thrown).message}`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
  const functions = host.app.functions.map(f => f.name)
  log.info(`Functions at ${host.url}: ${functions.join(', ')}`)
  process.send?.({ kind: 'ready', url: host.url, functions })
}

/** 0 takes a free one. */
function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new HostError('USAGE', `--port ${text} is no port: use a whole number from 0 to 65535.`)
}

/** Errors go to the stack's terminal too. */
function reporting(log: Logger): Logger {
  return {
    ...log,
    error(message, data) {
      log.error(message, data)
      if (process.connected) process.send?.({ kind: 'error', message })
    },
  }
}

main().catch((thrown: unknown) => {
  process.stderr.write(redact(`error: ${asError(thrown).message}\n`))
  process.exit(1)
})
