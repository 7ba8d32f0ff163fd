import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { asError } from '../../../shared/errors.js'
import { type Logger, silentLogger } from '../../../shared/telemetry/index.js'
import { exitOf } from '../childProcess.js'
import { endLeftOver, processArgs } from '../leftOver.js'
import { brokerReady, endProcess, endWithParent } from './brokerProcess.js'
import { formattedCluster } from './clusterId.js'
import { brokerJars, defaultLibsFolder } from './jars.js'
import { findJava, type Java, javaEnvironment } from './java.js'
import { LocalKafkaError } from './localKafkaError.js'
import { serverProperties } from './serverProperties.js'

const run = promisify(execFile)

/** Where a broker lives and how large it may be. */
export interface BrokerOptions {
  /** Topics, settings, the log and the process id live here; the same folder again is the same broker again. */
  readonly stateFolder: string
  /** 0 takes a free one. */
  readonly port?: number
  readonly host?: string
  /** Where the jars are kept; default `.lake/kafka/libs` of the checkout. */
  readonly libsFolder?: string
  /** Megabytes. */
  readonly heap?: number
  /** More lines of server.properties, over the defaults. */
  readonly properties?: Readonly<Record<string, string>>
  readonly readyWithinMs?: number
  readonly log?: Logger
}

/** A broker that runs and answers. */
export interface Broker {
  /** `127.0.0.1:9092`, as KAFKA_BROKERS takes it. */
  readonly brokers: string
  readonly port: number
  readonly pid: number
  /** Asks the broker to end, and ends it after ten seconds. Safe to call again. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Resolves when the process is gone, whoever ended it, with how it ended. */
  readonly exited: Promise<string>
}

/**
 * Starts a real Kafka broker (KRaft, one node) as a child process and waits until it answers.
 *
 * ```ts
 * const broker = await startBroker({ stateFolder: '.lake/kafka/state', port: 9092, log })
 * process.env.KAFKA_BROKERS = broker.brokers
 * await broker.stop()
 * ```
 * @throws LocalKafkaError
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { stateFolder, host = '127.0.0.1', log = silentLogger, heap = 512 } = options
  const java = await findJava()
  const libs = await brokerJars(options.libsFolder ?? defaultLibsFolder(), log)
  await mkdir(stateFolder, { recursive: true })
  const config = join(stateFolder, 'server.properties')
  await endOwnLeftOver(stateFolder, config, log)

  const port = await claimPort(host, options.port ?? 0)
  const controllerPort = await claimPort(host, 0)
  const dataFolder = join(stateFolder, 'data')
  await writeFile(config, serverProperties({ host, port, controllerPort, dataFolder }, options.properties))
  const jvm = [
    `-Xmx${heap}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    '-Djava.awt.headless=true',
  ]
  const classPath = ['-cp', join(libs, '*')]
  if (!existsSync(join(dataFolder, 'meta.properties'))) await format(java, [...jvm, ...classPath], config)

  const archive = classArchive(libs, java)
  const logPath = join(stateFolder, 'broker.log')
  const logFile = await open(logPath, 'a')
  const child = spawn(
    java.command,
    [...jvm, archive.option, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', ...classPath, 'kafka.Kafka', config],
    // A group of its own: Ctrl-C in the terminal reaches the parent only, which stops the broker last.
    { stdio: ['ignore', logFile.fd, logFile.fd], detached: true, env: javaEnvironment() },
  )
  const exited = exitOf(child)
  endWithParent(child, exited)
  await logFile.close()

  try {
    const clusterId = await formattedCluster(dataFolder)
    await brokerReady(child, { host, port, clusterId }, options.readyWithinMs ?? 60_000, logPath)
    const pid = child.pid as number
    await writeFile(pidPath(stateFolder), String(pid))
    log.info('Kafka is ready', { brokers: `${host}:${port}`, pid })
    const gone = async (): Promise<void> => {
      await exited
      await rm(pidPath(stateFolder), { force: true })
      await archive.keep()
    }
    return {
      brokers: `${host}:${port}`,
      port,
      pid,
      exited,
      async stop() {
        await endProcess(child, exited, archive.writing ? 30_000 : 10_000)
        await gone()
      },
      async kill() {
        child.kill('SIGKILL')
        await gone()
      },
    }
  } catch (error) {
    await endProcess(child, exited, 2_000)
    throw error
  }
}

/** A port nobody listens on; 0 asks the system for one. */
async function claimPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE'
      const message = busy
        ? `Port ${port} on ${host} is in use. Stop what listens there, choose another port, or set KAFKA_BROKERS to use it.`
        : `Cannot listen on ${host}:${port}: ${error.message}`
      reject(new LocalKafkaError('PORT_IN_USE', message, { cause: error, data: { host, port } }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      const claimed = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => {
        resolve(claimed)
      })
    })
  })
}

async function format(java: Java, args: readonly string[], config: string): Promise<void> {
  const id = randomBytes(16)
  id.writeUInt8(id.readUInt8() & 0x7f) // its text must not begin with a dash: the tool would take it for an option
  const clusterId = id.toString('base64url')
  try {
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config]
    await run(java.command, [...args, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', ...format], {
      env: javaEnvironment(),
    })
  } catch (thrown) {
    const error = asError(thrown) as Error & { stderr?: string }
    throw new LocalKafkaError('FORMAT_FAILED', `Kafka could not prepare its folder: ${error.stderr ?? error.message}`, {
      cause: error,
    })
  }
}

/**
 * The archive of loaded classes halves the time to start. Java writes it when the first broker on these jars ends,
 * under a name of its own, so that two brokers never write one file.
 */
function classArchive(
  libs: string,
  java: Java,
): { readonly option: string; readonly writing: boolean; keep(): Promise<void> } {
  const path = join(libs, `classes-${java.build.replace(/[^\w.+-]/g, '_')}.jsa`)
  if (existsSync(path)) return { option: `-XX:SharedArchiveFile=${path}`, writing: false, keep: async () => {} }
  const partial = `${path}.${randomBytes(6).toString('hex')}`
  return {
    option: `-XX:ArchiveClassesAtExit=${partial}`,
    writing: true,
    keep: () => rename(partial, path).catch(() => {}),
  }
}

const pidPath = (stateFolder: string): string => join(stateFolder, 'broker.pid')

/** A broker whose parent was killed still holds the folder's lock; it is recognised by the settings file it runs on. */
async function endOwnLeftOver(stateFolder: string, config: string, log: Logger): Promise<void> {
  const pid = Number(await readFile(pidPath(stateFolder), 'utf8').catch(() => ''))
  const isOwn = (args: string) => args.endsWith(` ${config}`)
  if (!Number.isInteger(pid) || pid <= 1 || !isOwn(await processArgs(pid))) return
  log.warn('Ending the broker that an earlier run left behind', { pid })
  await endLeftOver([pid], isOwn)
}
