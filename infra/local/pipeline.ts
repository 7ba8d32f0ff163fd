import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { systemClock } from '../../shared/clock.js'
import { asError } from '../../shared/errors.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { readLocalSettings, readSettings } from '../../shared/settings/index.js'
import { StackProcess } from './childProcess.js'
import { freePort, onFreePort } from './freePort.js'
import { memoryOfInstance } from './hostMemory.js'
import { type StackOptions } from './options.js'
import { progressLine, ProgressReader } from './progress.js'
import { type LocalStack } from './stack.js'

const here = dirname(fileURLToPath(import.meta.url))

/** The port that OpenTelemetry's exporters for Prometheus take. */
const firstMetricsPort = 9464

/** Time for a running commit to be finished when everything stops. */
const hostGrace = 120_000

/** Adds to the stack what `npm start` has over `npm run stack`: the functions, events for them, and a progress line. */
export async function startPipeline(
  stack: LocalStack,
  options: StackOptions,
  say: (line: string) => void,
): Promise<void> {
  const env = { KAFKA_BROKERS: stack.kafkaBrokers, LAKE_URL: stack.lakeUrl }
  const metricsPort = await onFreePort(options.functionsPort, async port => {
    // Nobody listens there before a function has run: of stacks that start meanwhile, each has the one of its own host.
    const metrics = await freePort(firstMetricsPort + port - options.functionsPort)
    const ofHost = { ...env, OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics) }
    await startHost(stack, port, options.functionKey, ofHost, say)
    return metrics
  })
  say(`Metrics    http://127.0.0.1:${metricsPort}/metrics  (Prometheus; once the first function has run)`)
  if (options.rate > 0) await startProducer(stack, options, env, say)
  if (options.progress > 0) startProgress(stack, options.progress * 1000, env, say)
}

async function startHost(
  stack: LocalStack,
  port: number,
  key: string | undefined,
  env: Record<string, string>,
  say: (line: string) => void,
): Promise<void> {
  const logFile = join(stack.stateFolder, 'log', 'functions.log')
  const { instanceMemoryMb } = readSettings({ ...readLocalSettings(stack.folder), ...env })
  const memory = memoryOfInstance(instanceMemoryMb)
  let functions: readonly string[] = []
  const plan = {
    name: 'Functions',
    logFile,
    async start() {
      const child = new StackProcess({
        name: 'The function host',
        script: join(here, 'host', 'main.js'),
        args: [
          ...['--app', stack.folder, '--port', String(port), '--state', join(stack.stateFolder, 'host')],
          ...(key === undefined ? [] : ['--key', key]),
        ],
        nodeArgs: memory.nodeArgs,
        cwd: stack.folder,
        // Whoever reaches this machine's loopback has the files anyway.
        env: { PAGE_SQL: 'on', ...memory.env, ...env },
        logFile,
      })
      child.onMessage(m => {
        if (m['kind'] === 'error') say(`functions: ${String(m['message'])}`)
      })
      const ready = await child.message('ready', 60_000)
      stack.functionsUrl = String(ready['url'])
      functions = ready['functions'] as string[]
      return child.running(hostGrace)
    },
  }
  // Blob storage that was killed may come back a few seconds older; a host that remembers newer tables would build on what is gone.
  const { pid } = await stack.supervise(plan, 'Azurite')
  say(`Functions  ${stack.functionsUrl ?? ''}/api  (pid ${pid ?? 'unknown'}; ${functions.join(', ')})`)
  say(
    `Page       ${stack.functionsUrl ?? ''}/api/lake${key === undefined ? '' : '?code=…'}  (is it fresh, complete, cheap: open it in a browser)`,
  )
  say(
    `           curl -X POST ${stack.functionsUrl ?? ''}/api/pipeline/run  runs every layer now; log: ${join('.lake', 'log', 'functions.log')}`,
  )
}

async function startProducer(
  stack: LocalStack,
  options: StackOptions,
  env: Record<string, string>,
  say: (line: string) => void,
): Promise<void> {
  const { rate, duplicates, late, broken, tombstones, seed } = options
  const logFile = join(stack.stateFolder, 'log', 'producer.log')
  let topics: readonly string[] = []
  const plan = {
    name: 'Producer',
    logFile,
    async start() {
      const child = new StackProcess({
        name: 'The producer',
        script: join(here, 'producer.js'),
        args: [JSON.stringify({ rate, duplicates, late, broken, tombstones, seed })],
        cwd: stack.folder,
        env,
        logFile,
      })
      child.onMessage(m => {
        if (m['kind'] === 'note') say(`producer: ${String(m['message'])}`)
      })
      topics = (await child.message('ready', 30_000))['topics'] as string[]
      return child.running(10_000)
    },
  }
  const { pid } = await stack.supervise(plan)
  if (topics.length === 0) return
  say(
    `Events     ${rate}/s to ${topics.join(', ')}${topics.length > 1 ? ' each' : ''}  (pid ${pid ?? 'unknown'}; ${duplicates} % duplicates, ${late} % late, ${broken} % broken)`,
  )
}

function startProgress(
  stack: LocalStack,
  interval: number,
  env: Record<string, string>,
  say: (line: string) => void,
): void {
  const ended = new AbortController()
  const running = follow(stack, interval, env, say, ended.signal)
  stack.add({
    name: 'Progress',
    async stop() {
      ended.abort(new Error('The stack is stopping.'))
      await running
    },
  })
}

async function follow(
  stack: LocalStack,
  interval: number,
  env: Record<string, string>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  mkdirSync(stack.stateFolder, { recursive: true })
  const open = () => openLake(readSettings({ ...readLocalSettings(stack.folder), ...env }))
  let storage = stack.pidOf('Azurite')
  let lake = await open()
  let reader = new ProgressReader(lake)
  let complaint = ''
  const waited = () =>
    systemClock.sleep(interval, signal).then(
      () => true,
      () => false,
    )
  while (await waited()) {
    try {
      // As the functions do: blob storage that was killed may have lost commits that the reader has counted.
      if (stack.pidOf('Azurite') !== storage) {
        storage = stack.pidOf('Azurite')
        await lake.close()
        lake = await open()
        reader = new ProgressReader(lake)
      }
      for (const progress of await reader.read()) say(progressLine(new Date(), progress))
      complaint = ''
    } catch (thrown) {
      const { message } = asError(thrown)
      if (message !== complaint) say(`progress: ${message}`)
      complaint = message
    }
  }
  await lake.close()
}
