import { join } from 'node:path'

import { type Clock, systemClock } from '../../../shared/clock.js'
import { asError } from '../../../shared/errors.js'
import { recordBytes, type SourceRecord } from '../../../shared/sources/index.js'
import { registerCodecs } from '../../../shared/sources/kafka/index.js'
import type { Logger } from '../../../shared/telemetry/index.js'
import { type Environment, isDisabled, resolveText } from './appSettings.js'
import { provideCoreModule, textOf } from './coreModule.js'
import { type ImportFile, loadEntryPoint } from './entryPoint.js'
import { FunctionApp, type InvocationInput, type RegisteredFunction } from './functionApp.js'
import { HostError } from './hostError.js'
import { type HostSettings, readHostSettings } from './hostSettings.js'
import { routesOf } from './httpRoutes.js'
import { FunctionHttpServer } from './httpServer.js'
import { kafkaTarget } from './kafkaConnection.js'
import { KafkaFeed } from './kafkaFeed.js'
import { KafkaListener } from './kafkaListener.js'
import { kafkaInput } from './kafkaPayload.js'
import { parseSchedule } from './ncrontab.js'
import { TimerListener } from './timerListener.js'
import { timerStatusFile } from './timerStatus.js'

/** The app that the host runs, and where on this machine. */
export interface HostOptions {
  /** The app: host.json, package.json and what its `main` names. */
  readonly folder: string
  /** App settings: the environment over local.settings.json. */
  readonly settings: Environment
  /** Of the HTTP functions, on 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** The key of functions that need one; none is asked for when absent. */
  readonly functionKey?: string | undefined
  /** Where timers remember their last run. */
  readonly stateFolder: string
  readonly log: Logger
  readonly clock?: Clock | undefined
}

/** Where an app is loaded from; its own log lines go to `log`. */
export interface AppOptions {
  readonly folder: string
  readonly log: Logger
  /** Instead of the `main` of package.json. */
  readonly main?: string | undefined
  readonly importFile?: ImportFile | undefined
}

interface Listener {
  stop(): Promise<void>
}

/**
 * Loads an app through `@azure/functions-core`: what a Functions worker does with it at start. Registrations go to one
 * app per process, because the package looks its runtime up once.
 */
export async function loadApp({ folder, log, main, importFile }: AppOptions): Promise<FunctionApp> {
  const app = new FunctionApp((level, name, message) => {
    const line = name === undefined ? message : `[${name}] ${message}`
    if (level === 'error' || level === 'critical') log.error(line)
    else if (level === 'warning') log.warn(line)
    else if (level === 'information') log.info(line)
    else log.debug(line)
  })
  provideCoreModule(app)
  await loadEntryPoint(folder, importFile, main)
  await app.start(folder)
  return app
}

/**
 * Runs an app's functions on this machine by the rules of the Functions host: HTTP, timers and Kafka.
 *
 * ```ts
 * const host = await FunctionHost.start({ folder, settings, port: 7071, stateFolder: '.lake/host', log })
 * await host.stop()
 * ```
 */
export class FunctionHost {
  readonly url: string
  readonly app: FunctionApp
  readonly #listeners: readonly Listener[]

  private constructor(url: string, app: FunctionApp, listeners: readonly Listener[]) {
    this.url = url
    this.app = app
    this.#listeners = listeners
  }

  /** @throws HostError when the app cannot be loaded or a binding cannot be served */
  static async start(options: HostOptions): Promise<FunctionHost> {
    const hostSettings = readHostSettings(join(options.folder, 'host.json'), options.settings)
    const app = await loadApp(options)
    const enabled = app.functions.filter(f => !isDisabled(f.name, options.settings))
    for (const f of app.functions) if (!enabled.includes(f)) options.log.info(`Function ${f.name} is disabled.`)
    const server = new FunctionHttpServer(
      app,
      routesOf(enabled, hostSettings.routePrefix),
      options.log,
      options.functionKey,
    )
    const url = await server.listen(options.port)
    const status = timerStatusFile(join(options.stateFolder, 'timers.json'))
    const listeners: Listener[] = [server]
    try {
      for (const f of enabled) {
        const listener = listenerOf(f, app, options, hostSettings, status)
        if (listener !== undefined) listeners.push(listener)
      }
    } catch (thrown) {
      await Promise.all(listeners.map(l => l.stop()))
      throw thrown
    }
    return new FunctionHost(url, app, listeners)
  }

  /** Starts nothing more, lets what runs finish and be committed, then ends the app. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map(l => l.stop()))
    await this.app.terminate()
  }
}

function listenerOf(
  f: RegisteredFunction,
  app: FunctionApp,
  options: HostOptions,
  hostSettings: HostSettings,
  status: ReturnType<typeof timerStatusFile>,
): Listener | undefined {
  switch (f.trigger.type.toLowerCase()) {
    case 'httptrigger':
      return undefined
    case 'timertrigger':
      return new TimerListener({
        name: f.name,
        schedule: parseSchedule(resolveText(textOf(f.trigger, 'schedule'), options.settings)),
        runOnStartup: f.trigger['runOnStartup'] === true,
        status,
        execute: input => execute(app, f.name, input, options),
        clock: options.clock ?? systemClock,
        log: options.log,
      })
    case 'kafkatrigger':
      return kafkaListener(f, app, options, hostSettings)
    default:
      throw new HostError(
        'TRIGGER_UNSUPPORTED',
        `${f.name}: the local host has no ${f.trigger.type}; use func start for it.`,
      )
  }
}

function kafkaListener(
  f: RegisteredFunction,
  app: FunctionApp,
  options: HostOptions,
  { kafka: settings }: HostSettings,
): Listener {
  if (!/^many$/i.test(textOf(f.trigger, 'cardinality'))) {
    throw new HostError(
      'TRIGGER_UNSUPPORTED',
      `${f.name}: the local host serves Kafka triggers of cardinality many only.`,
    )
  }
  const { config, topic, consumerGroup } = kafkaTarget(f.name, f.trigger, options.settings)
  const { log } = options
  registerCodecs()
  const feed = new KafkaFeed({ connection: config, topic, consumerGroup, settings, log })
  const retry = f.metadata.retryOptions
  const listener = new KafkaListener<SourceRecord>({
    execute: (records, retryCount) => {
      const retryContext = retry && { retryCount, maxRetryCount: retry.maxRetryCount ?? 0 }
      return execute(app, f.name, { ...kafkaInput(f.trigger, records), retryContext }, options)
    },
    store: next => feed.store(next),
    sizeOf: recordBytes,
    retry,
    settings,
    clock: options.clock ?? systemClock,
    log,
  })
  feed.start(listener)
  return {
    async stop() {
      await listener.stop()
      await feed.stop()
    },
  }
}

async function execute(
  app: FunctionApp,
  name: string,
  input: InvocationInput,
  { log }: HostOptions,
): Promise<Error | undefined> {
  const start = performance.now()
  const outcome = await app.invoke(name, input)
  const ms = Math.round(performance.now() - start)
  if (outcome.kind === 'succeeded') {
    log.debug(`Executed ${name}`, { ms })
    return undefined
  }
  const error = asError(outcome.error)
  log.error(`${name} failed: ${error.message}`, { ms })
  return error
}
