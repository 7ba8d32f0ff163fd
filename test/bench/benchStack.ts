import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import {
  azuritePlan,
  type ChildOptions,
  createTopics,
  freePort,
  lakeUrlAt,
  memoryOfInstance,
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
}

/**
 * A broker, blob storage, the function host with the app of this checkout, and a producer, each a process of its own, in
 * a temporary folder that is removed with them.
 */
export class BenchStack implements AsyncDisposable {
  readonly host: StackProcess
  readonly #parts: readonly (() => Promise<void>)[]
  readonly #env: Readonly<Record<string, string>>

  private constructor(
    host: StackProcess,
    env: Readonly<Record<string, string>>,
    parts: readonly (() => Promise<void>)[],
  ) {
    this.host = host
    this.#env = env
    this.#parts = parts
  }

  static async start({ rate, late, duplicates, store, settings = {} }: BenchStackOptions): Promise<BenchStack> {
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
        const port = await freePort(10_100)
        const azurite: RunningProcess = await azuritePlan(port, join(folder, 'azurite'), logOf('azurite')).start()
        parts.unshift(() => azurite.stop())
        lakeUrl = lakeUrlAt(port)
      }
      const env = { ...settings, KAFKA_BROKERS: broker.brokers, LAKE_URL: lakeUrl, PAGE_SQL: 'on' }
      const memory = memoryOfInstance(readSettings({ ...process.env, ...env }).instanceMemoryMb)
      const args = ['--app', checkout, '--port', '0', '--state', join(folder, 'host')]
      const host = run('host', 'host/main.js', args, { nodeArgs: memory.nodeArgs, env: { ...memory.env, ...env } })
      await host.message('ready', 60_000)
      const asked = { rate, late, duplicates, broken: 1, tombstones: 0.1 }
      await run('producer', 'producer.js', [JSON.stringify(asked)], { env }).message('ready', 60_000)
      return new BenchStack(host, env, parts)
    } catch (thrown) {
      await endAll(parts)
      throw thrown
    }
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
