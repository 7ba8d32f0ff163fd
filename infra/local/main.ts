import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError } from '../../shared/errors.js'
import { defaultText, readLocalSettings } from '../../shared/settings.js'
import { streamLogger } from './host/streamLogger.js'
import { help, parseOptions } from './options.js'
import { LocalStack } from './stack.js'
import { startPipeline } from './pipeline.js'

/** The checkout: this file is compiled to dist/infra/local. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(help)
    return
  }
  const log = streamLogger(process.stderr)
  const stop = new StopSignal()
  const stack = await LocalStack.start(folder, options, servicesGiven(), say, log)
  stop.force = () => { stack.kill() }
  try {
    if (options.command === 'start' && !stop.asked) await startPipeline(stack, options, say)
    if (!stop.asked) say('Ready. Ctrl-C stops everything.')
    await stop.promise
    say('Stopping: what runs is finished and committed first. Ctrl-C again ends at once.')
  } finally {
    await stack.stop()
  }
  say('Stopped.')
}

/**
 * What the settings say of services that run already. A local.settings.json that was copied from the template names
 * the local defaults: those are what the stack itself provides.
 */
function servicesGiven(): Record<string, string | undefined> {
  const file = readLocalSettings(folder, {})
  const given = (name: 'KAFKA_BROKERS' | 'LAKE_URL') => process.env[name] ?? (file[name] === defaultText(name) ? undefined : file[name])
  return { KAFKA_BROKERS: given('KAFKA_BROKERS'), LAKE_URL: given('LAKE_URL') }
}

/** Ctrl-C, SIGTERM, or the end of the npm that started this (a shell between them does not pass signals on). */
class StopSignal {
  readonly promise: Promise<void>
  asked = false
  force: () => void = () => undefined
  #resolve: () => void = () => undefined

  constructor() {
    this.promise = new Promise(resolve => { this.#resolve = resolve })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { this.#ask(signal === 'SIGINT') })
    const parent = process.ppid
    if (process.env['npm_lifecycle_event'] === undefined) return
    setInterval(() => { if (process.ppid !== parent && !this.asked) this.#ask(false) }, 1000).unref()
  }

  #ask(byHand: boolean): void {
    if (this.asked && byHand) {
      this.force()
      process.exit(130)
    }
    this.asked = true
    this.#resolve()
  }
}

main().then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(`error: ${asError(thrown).message}\n`)
    process.exit(1)
  },
)
