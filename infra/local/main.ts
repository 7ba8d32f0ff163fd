import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { asError } from '../../shared/errors.js'
import { defaultText, readLocalSettings } from '../../shared/settings/index.js'
import { consoleLogger, redact } from '../../shared/telemetry/index.js'
import { help, parseOptions, type StackOptions } from './options.js'
import { startPipeline } from './pipeline.js'
import { LocalStack } from './stack.js'
import { Terminal } from './terminal.js'

/** The checkout: this file is compiled to dist/infra/local. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

async function main(): Promise<void> {
  const stop = new StopSignal()
  const terminal = new Terminal(() => {
    stop.ask()
  })
  const say = (line: string) => {
    terminal.say(line)
  }
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(help)
    return
  }
  let stack: LocalStack
  try {
    stack = await LocalStack.start({
      folder,
      options,
      settings: servicesGiven(),
      say,
      log: consoleLogger(),
      signal: stop.signal,
    })
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown
    say('Stopped.')
    return
  }
  stop.force = () => {
    stack.kill()
  }
  const crash = (thrown: unknown) => {
    terminal.complain(`error: ${asError(thrown).stack ?? String(thrown)}`)
    stack.kill()
    process.exit(1)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  let failure: Error | undefined
  try {
    failure = await Promise.race([stop.promise, stack.failed, serve(stack, options, say, stop)])
    if (failure === undefined) say('Stopping: what runs is finished and committed first. Ctrl-C again ends at once.')
    else terminal.complain(`error: ${failure.message}`)
  } finally {
    await stack.stop()
  }
  if (failure === undefined) say('Stopped.')
  else process.exit(1)
}

async function serve(
  stack: LocalStack,
  options: StackOptions,
  say: (line: string) => void,
  stop: StopSignal,
): Promise<undefined> {
  try {
    if (options.command === 'start') await startPipeline(stack, options, say)
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown
  }
  if (!stop.signal.aborted) say('Ready. Ctrl-C stops everything.')
  return stop.promise
}

/**
 * What the settings say of services that run already. A local.settings.json that was copied from the template names
 * the local defaults: those are what the stack itself provides.
 */
function servicesGiven(): Record<string, string | undefined> {
  const file = readLocalSettings(folder, {})
  const given = (name: 'KAFKA_BROKERS' | 'LAKE_URL') =>
    process.env[name] ?? (file[name] === defaultText(name) ? undefined : file[name])
  return { KAFKA_BROKERS: given('KAFKA_BROKERS'), LAKE_URL: given('LAKE_URL') }
}

/** Ctrl-C, SIGTERM, or the end of the npm that started this (a shell between them does not pass signals on). */
class StopSignal {
  readonly promise: Promise<undefined>
  force: () => void = () => undefined
  readonly #asked = new AbortController()

  constructor() {
    this.promise = new Promise(resolve => {
      this.signal.addEventListener('abort', () => {
        resolve(undefined)
      })
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        this.ask(signal === 'SIGINT')
      })
    const parent = process.ppid
    if (process.env['npm_lifecycle_event'] === undefined) return
    setInterval(() => {
      if (process.ppid !== parent) this.ask()
    }, 1000).unref()
  }

  get signal(): AbortSignal {
    return this.#asked.signal
  }

  /** @param byHand asked for the second time, everything ends at once */
  ask(byHand = false): void {
    if (this.signal.aborted && byHand) {
      this.force()
      process.exit(130)
    }
    this.#asked.abort(new Error('The stack is stopping.'))
  }
}

main().then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(redact(`error: ${asError(thrown).message}\n`))
    process.exit(1)
  },
)
