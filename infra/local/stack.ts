import { join } from 'node:path'
import { removeRunningStack, type RunningStack, stackState, stateFolderName, writeRunningStack } from '../../shared/cli/runningStack.js'
import { type Logger } from '../../shared/telemetry/logger.js'
import { streams } from '../../shared/streams/index.js'
import { startAzurite } from './azurite.js'
import { freePort } from './freePort.js'
import { endLeftOver } from './leftOver.js'
import { provideKafka } from './kafkaService.js'
import { LocalStackError } from './localStackError.js'
import { type StackOptions } from './options.js'
import { createTopics } from './topics.js'

/** A part of the stack; parts are ended in the reverse of the order in which they were added. */
export interface Part {
  readonly name: string
  readonly pid?: number | undefined
  stop(): Promise<void>
  kill?(): void
}

/** Kafka and blob storage on this machine, or those that the settings name, and what is added to them. */
export class LocalStack {
  readonly folder: string
  readonly stateFolder: string
  readonly #command: StackOptions['command']
  readonly #startedAt = new Date().toISOString()
  readonly #parts: Part[] = []
  #ready = false
  #ending: Promise<void> | undefined
  kafkaBrokers = ''
  lakeUrl = ''
  functionsUrl: string | undefined

  private constructor(folder: string, command: StackOptions['command']) {
    this.folder = folder
    this.stateFolder = join(folder, stateFolderName)
    this.#command = command
  }

  /**
   * @param settings where KAFKA_BROKERS and LAKE_URL may be given
   * @param say takes the ready lines
   * @throws LocalStackError when a stack runs in the folder already, or a service cannot be started
   */
  static async start(
    folder: string,
    options: StackOptions,
    settings: Readonly<Record<string, string | undefined>>,
    say: (line: string) => void,
    log: Logger,
  ): Promise<LocalStack> {
    await refuseSecond(folder, log)
    const stack = new LocalStack(folder, options.command)
    stack.announce()
    try {
      await stack.#startServices(options, settings, say, log)
      return stack
    } catch (thrown) {
      await stack.stop()
      throw thrown
    }
  }

  async #startServices(
    options: StackOptions,
    settings: Readonly<Record<string, string | undefined>>,
    say: (line: string) => void,
    log: Logger,
  ): Promise<void> {
    const kafka = await provideKafka(given(settings['KAFKA_BROKERS']), options.kafkaPort, this.stateFolder, log)
    this.add({ name: 'Kafka', pid: kafka.pid, stop: () => kafka.stop() })
    this.kafkaBrokers = kafka.brokers
    if (kafka.own) await createTopics(kafka.brokers, streams.map(s => s.topic))
    say(`Kafka      ${kafka.brokers}  (${kafka.what}; topics: ${streams.map(s => s.topic).join(', ')})`)

    const lakeUrl = given(settings['LAKE_URL'])
    if (lakeUrl === undefined) {
      const data = join(this.stateFolder, 'azurite')
      const azurite = await startAzurite(await freePort(options.blobPort), data, join(this.stateFolder, 'log', 'azurite.log'))
      const { process: child } = azurite
      this.add({ name: 'Azurite', pid: child.pid, stop: () => child.stop(10_000), kill: () => { child.kill() } })
      this.lakeUrl = azurite.lakeUrl
      say(`Lake       ${this.lakeUrl}  (Azurite, pid ${child.pid})`)
    } else {
      this.lakeUrl = lakeUrl
      say(`Lake       ${lakeUrl}  (from LAKE_URL)`)
    }
    this.#ready = true
    this.announce()
  }

  add(part: Part): void {
    this.#parts.push(part)
  }

  /** Tells the command line where everything is. */
  announce(): void {
    const processes = Object.fromEntries(this.#parts.flatMap(p => (p.pid === undefined ? [] : [[p.name, p.pid]])))
    const running: RunningStack = {
      pid: process.pid,
      command: this.#command,
      startedAt: this.#startedAt,
      ready: this.#ready,
      kafkaBrokers: this.kafkaBrokers,
      lakeUrl: this.lakeUrl,
      functionsUrl: this.functionsUrl,
      processes,
    }
    writeRunningStack(this.folder, running)
  }

  /** Ends what was started, the last first. */
  stop(): Promise<void> {
    this.#ending ??= (async () => {
      for (const part of this.#parts.toReversed()) await part.stop()
      removeRunningStack(this.folder, process.pid)
    })()
    return this.#ending
  }

  /** Ends what was started, at once and without order. */
  kill(): void {
    for (const part of this.#parts) part.kill?.()
    removeRunningStack(this.folder, process.pid)
  }
}

async function refuseSecond(folder: string, log: Logger): Promise<void> {
  const state = stackState(folder)
  if (state.kind === 'running') {
    const { pid, command } = state.stack
    throw new LocalStackError('ALREADY_RUNNING', `A stack (${command}, pid ${pid}) runs in ${folder} already; end it first: kill ${pid}`)
  }
  if (state.kind === 'stale') {
    log.warn('An earlier stack was ended by force; what it left is ended and its state taken over', { pid: state.stack.pid })
    await endLeftOver(Object.values(state.stack.processes), join(folder, stateFolderName))
    removeRunningStack(folder, state.stack.pid)
  }
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}
