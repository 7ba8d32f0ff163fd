import { join } from 'node:path'

import { removeRunningStack, type RunningStack, stateFolderName, writeRunningStack } from '../../shared/cli/index.js'
import { asError } from '../../shared/errors.js'
import { readLocalSettings, readSettings } from '../../shared/settings/index.js'
import { streams } from '../../shared/streams/index.js'
import type { Logger } from '../../shared/telemetry/index.js'
import { azuritePlan, lakeUrlAt } from './azurite.js'
import { DiskWatch } from './diskWatch.js'
import { refuseSecond } from './formerStack.js'
import { onFreePort } from './freePort.js'
import { KafkaService } from './kafkaService.js'
import { LocalStackError } from './localStackError.js'
import { type StackOptions } from './options.js'
import { requireReachable } from './reachable.js'
import { type PartPlan, restartPolicy, SupervisedPart } from './supervisedPart.js'
import { createTopics } from './topics.js'

/** A part of the stack; parts are ended in the reverse of the order in which they were added. */
export interface Part {
  readonly name: string
  readonly pid?: number | undefined
  stop(): Promise<void>
  kill?(): void
}

/** What a stack is started with. */
export interface StackParts {
  /** The checkout. */
  readonly folder: string
  readonly options: StackOptions
  /** Where KAFKA_BROKERS and LAKE_URL may be given. */
  readonly settings: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  /** Takes the ready lines, and what becomes of the parts. */
  readonly say: (line: string) => void
  /** Aborted when the stack is to stop; nothing more is started then. */
  readonly signal: AbortSignal
}

/** Kafka and blob storage on this machine, or those that the settings name, and what is added to them. */
export class LocalStack {
  readonly folder: string
  readonly stateFolder: string
  /** Resolves when a part cannot be kept running. */
  readonly failed: Promise<LocalStackError>
  readonly #startedAt = new Date().toISOString()
  readonly #parts: Part[] = []
  readonly #given: StackParts
  #fail: (error: LocalStackError) => void = () => undefined
  #starting: Promise<void> = Promise.resolve()
  #ready = false
  #isEnding = false
  #isAnnounced = true
  #ending: Promise<void> | undefined
  kafkaBrokers = ''
  lakeUrl = ''
  functionsUrl: string | undefined

  private constructor(given: StackParts) {
    this.folder = given.folder
    this.stateFolder = join(given.folder, stateFolderName)
    this.#given = given
    this.failed = new Promise(resolve => {
      this.#fail = resolve
    })
  }

  /** @throws LocalStackError when a stack runs in the folder already, or a service cannot be started or reached */
  static async start(given: StackParts): Promise<LocalStack> {
    // Settings that cannot work are reported before anything is started.
    readSettings(readLocalSettings(given.folder))
    await refuseSecond(given.folder, given.log)
    const stack = new LocalStack(given)
    try {
      stack.#writeState()
    } catch (thrown) {
      const { message } = asError(thrown)
      throw new LocalStackError(
        'STATE',
        `The folder ${stack.stateFolder} cannot be written to: ${message}. Make room on its disk, or let this user write there.`,
      )
    }
    stack.add(new DiskWatch({ folder: stack.stateFolder, say: given.say }))
    try {
      await stack.#startServices()
      return stack
    } catch (thrown) {
      await stack.stop()
      throw thrown
    }
  }

  async #startServices(): Promise<void> {
    const { options, settings, say, log, signal } = this.#given
    const topics = streams.map(s => s.topic)
    const [brokers, lakeUrl] = [givenValue(settings['KAFKA_BROKERS']), givenValue(settings['LAKE_URL'])]
    if (brokers === undefined) {
      const kafka = await onFreePort(options.kafkaPort, async port => {
        const service = new KafkaService(port, this.stateFolder, log)
        await this.supervise(service)
        return service
      })
      this.kafkaBrokers = kafka.brokers
      await createTopics(kafka.brokers, topics)
      const pid = this.pidOf(kafka.name)
      say(`Kafka      ${kafka.brokers}  (${pid === undefined ? 'Docker' : `pid ${pid}`}; topics: ${topics.join(', ')})`)
    } else this.kafkaBrokers = brokers
    signal.throwIfAborted()
    if (lakeUrl === undefined) {
      const [folder, logFile] = [join(this.stateFolder, 'azurite'), join(this.stateFolder, 'log', 'azurite.log')]
      const port = await onFreePort(options.blobPort, async port => {
        await this.supervise(azuritePlan(port, folder, logFile))
        return port
      })
      this.lakeUrl = lakeUrlAt(port)
      say(`Lake       ${this.lakeUrl}  (Azurite, pid ${this.pidOf('Azurite') ?? 'unknown'})`)
    } else this.lakeUrl = lakeUrl
    signal.throwIfAborted()
    const env = { KAFKA_BROKERS: this.kafkaBrokers, LAKE_URL: this.lakeUrl }
    const given = { kafka: brokers !== undefined, lake: lakeUrl !== undefined }
    const missing = await requireReachable(
      readSettings({ ...readLocalSettings(this.folder), ...env }),
      given,
      say,
      signal,
    )
    if (given.kafka) say(`Kafka      ${this.kafkaBrokers}  (from KAFKA_BROKERS)`)
    for (const topic of missing)
      say(`           topic ${topic} does not exist there; npx lake produce --create makes it`)
    if (given.lake) say(`Lake       ${this.lakeUrl}  (from LAKE_URL)`)
    this.#ready = true
    this.announce()
  }

  /** Starts a part and keeps it running. @throws what its first start throws */
  async supervise(plan: PartPlan, needs?: string): Promise<SupervisedPart> {
    const { say } = this.#given
    if (this.#ending !== undefined) throw new Error('The stack is stopping.')
    const needed = this.#parts.find((p): p is SupervisedPart => p instanceof SupervisedPart && p.name === needs)
    const supervision = {
      policy: restartPolicy,
      say,
      changed: () => {
        this.announce()
      },
      failed: (error: LocalStackError) => {
        this.#fail(error)
      },
    }
    const starting = SupervisedPart.start(plan, supervision, needed).then(part => {
      this.add(part)
      return part
    })
    this.#starting = starting.then(
      () => undefined,
      () => undefined,
    )
    return starting
  }

  /** Of the part's process as it is now; undefined while it has none. */
  pidOf(name: string): number | undefined {
    return this.#parts.find(p => p.name === name)?.pid
  }

  add(part: Part): void {
    this.#parts.push(part)
    this.announce()
  }

  /** Records for the command line where everything is. What runs goes on when that fails. */
  announce(): void {
    try {
      this.#writeState()
      this.#isAnnounced = true
    } catch (thrown) {
      if (this.#isAnnounced)
        this.#given.say(
          `The state of the stack cannot be written (${asError(thrown).message}); until it can, lake may not find what was started again.`,
        )
      this.#isAnnounced = false
    }
  }

  #writeState(): void {
    if (this.#isEnding) return
    const processes = Object.fromEntries(this.#parts.flatMap(p => (p.pid === undefined ? [] : [[p.name, p.pid]])))
    const running: RunningStack = {
      pid: process.pid,
      command: this.#given.options.command,
      startedAt: this.#startedAt,
      ready: this.#ready,
      kafkaBrokers: this.kafkaBrokers,
      lakeUrl: this.lakeUrl,
      functionsUrl: this.functionsUrl,
      processes,
    }
    writeRunningStack(this.folder, running)
  }

  /** Ends what was started, the last first. One part that cannot be ended does not keep the others. */
  stop(): Promise<void> {
    this.#ending ??= (async () => {
      await this.#starting
      for (const part of this.#parts.toReversed()) {
        await part.stop().catch((thrown: unknown) => {
          this.#given.log.error(`${part.name} did not stop in order: ${String(thrown)}`)
        })
      }
      this.#isEnding = true
      removeRunningStack(this.folder, process.pid)
    })()
    return this.#ending
  }

  /** Ends what was started, at once and without order. */
  kill(): void {
    for (const part of this.#parts) part.kill?.()
    this.#isEnding = true
    removeRunningStack(this.folder, process.pid)
  }
}

function givenValue(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}
