import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import {
  azuritePlan,
  type ChildOptions,
  createTopics,
  lakeUrlAt,
  memoryOfInstance,
  onFreePort,
  type RunningProcess,
  StackProcess,
} from '../../infra/local/index.js'
import { type Broker, startBroker } from '../../infra/local/kafka/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { events } from '../harness/sampleStream/events.js'

/** The checkout: this file is compiled to dist/test/bench. */
const checkout = join(import.meta.dirname, '..', '..', '..')
const program = (name: string) => join(checkout, 'dist', 'infra', 'local', name)

/** What runs, and what is asked of it. */
export interface BenchStackOptions {
  /** Events a second. */
  readonly rate: number
  /** Percent of the events: whose own time is long past, and that are sent again. */
  readonly late: number
  readonly duplicates: number
  /** Where the lake is. */
  readonly store: 'disk' | 'Azurite'
  /** App settings over the defaults. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Functions that have a host each, all others being off in it; one host has all when absent. */
  readonly alone?: readonly string[] | undefined
}

/**
 * A broker, blob storage, the function host with the app of this checkout, and a producer, each a process of its own, in
 * a temporary folder that is removed with them.
 */
export class BenchStack implements AsyncDisposable {
  /** By the function that it has alone; the only one is `all`. */
  readonly hosts: ReadonlyMap<string, StackProcess>
  readonly #parts: readonly (() => Promise<void>)[]
  readonly #env: Readonly<Record<string, string>>

  private constructor(
    hosts: ReadonlyMap<string, StackProcess>,
    env: Readonly<Record<string, string>>,
    parts: readonly (() => Promise<void>)[],
  ) {
    this.hosts = hosts
    this.#env = env
    this.#parts = parts
  }

  static async start({ rate, late, duplicates, store, settings = {}, alone }: BenchStackOptions): Promise<BenchStack> {
    const folder = await mkdtemp(join(tmpdir(), 'stack-bench-'))
    const parts: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
    const logOf = (name: string) => join(folder, 'log', `${name}.log`)
    const run = (name: string, script: string, args: readonly string[], part: Partial<ChildOptions>) => {
      const child = new StackProcess({
        ...part,
        name,
        script: program(script),
        args,
        cwd: folder,
        logFile: logOf(name),
      })
      parts.unshift(() => child.stop(60_000))
      return child
    }
    try {
      const broker: Broker = await startBroker({ stateFolder: join(folder, 'kafka') })
      parts.unshift(() => broker.stop())
      await createTopics(broker.brokers, [events.topic])
      let lakeUrl = pathToFileURL(join(folder, 'lake')).href
      if (store === 'Azurite') {
        lakeUrl = await onFreePort(10_100, async port => {
          const azurite: RunningProcess = await azuritePlan(port, join(folder, 'azurite'), logOf('azurite')).start()
          parts.unshift(() => azurite.stop())
          return lakeUrlAt(port)
        })
      }
      const env = { ...settings, KAFKA_BROKERS: broker.brokers, LAKE_URL: lakeUrl, PAGE_SQL: 'on' }
      const memory = memoryOfInstance(readSettings({ ...process.env, ...env }).instanceMemoryMb)
      const hosts = new Map<string, StackProcess>()
      for (const name of alone ?? ['all']) {
        const others = (alone ?? []).filter(other => other !== name)
        const off = Object.fromEntries(others.map(other => [`AzureWebJobs.${other}.Disabled`, 'true']))
        const args = ['--app', checkout, '--port', '0', '--state', join(folder, 'host', name)]
        const ofHost = { nodeArgs: memory.nodeArgs, env: { ...memory.env, ...env, ...off } }
        hosts.set(name, run(name, 'host/main.js', args, ofHost))
        await hosts.get(name)?.message('ready', 60_000)
      }
      const asked = { rate, late, duplicates, broken: 1, tombstones: 0.1 }
      await run('producer', 'producer.js', [JSON.stringify(asked)], { env }).message('ready', 60_000)
      return new BenchStack(hosts, env, parts)
    } catch (thrown) {
      await endAll(parts)
      throw thrown
    }
  }

  /** The one host that has all functions. */
  get host(): StackProcess {
    const host = this.hosts.get('all')
    if (host === undefined) throw new Error('Each function has a host of its own.')
    return host
  }

  /** The same lake, as a reader of its own opens it. */
  openLake(): Promise<Lake> {
    return openLake(readSettings(this.#env))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.#parts)
  }
}

async function endAll(parts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const end of parts) await end().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
}
