import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { asError } from '../../../shared/errors.js'
import type { Logger } from '../../../shared/telemetry/index.js'
import { javaEnvironment } from './java.js'
import { LocalKafkaError } from './localKafkaError.js'

const run = promisify(execFile)
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** The folder of package.json, from the sources as well as from the compiled files. */
export function projectFolder(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) throw new Error(`No package.json above ${from}`)
  }
}

/** Where the jars are kept when nobody says otherwise: once per checkout, in the ignored folder. */
export const defaultLibsFolder = (): string => join(projectFolder(), '.lake', 'kafka', 'libs')

/**
 * The folder with the jars of the version that pom.xml names, filled by Maven when it is not there yet; after that no
 * network is needed. Processes that fill it at the same time do not see each other's half-copied jars.
 * @throws LocalKafkaError MAVEN_MISSING, JARS_UNAVAILABLE
 */
export async function brokerJars(libsFolder: string, log: Logger): Promise<string> {
  const pom = join(projectFolder(), 'infra', 'local', 'kafka', 'pom.xml')
  const version = /<kafka\.version>([^<]+)</.exec(await readFile(pom, 'utf8'))?.[1]
  if (version === undefined) throw new LocalKafkaError('JARS_UNAVAILABLE', `${pom} does not name a kafka.version.`)
  const folder = join(libsFolder, version)
  if (existsSync(folder)) return folder

  await mkdir(libsFolder, { recursive: true })
  const partial = await mkdtemp(join(libsFolder, '.partial-'))
  try {
    log.info(`Fetching Kafka ${version} with Maven (once)`, { folder })
    await copyJars(pom, partial)
    const jars = await readdir(partial)
    if (!jars.some(jar => jar.startsWith('kafka_'))) throw new Error(`Maven copied ${jars.length} files, no broker`)
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
    return folder
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function copyJars(pom: string, folder: string): Promise<void> {
  const args = ['-B', '-q', '-f', pom, copyGoal, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
  try {
    await run('mvn', args, { maxBuffer: 1 << 26, env: javaEnvironment() })
  } catch (thrown) {
    const error = asError(thrown) as Error & { code?: unknown; stdout?: string }
    if (error.code === 'ENOENT') {
      throw new LocalKafkaError(
        'MAVEN_MISSING',
        'Maven (mvn) was not found. Install it (the Kafka broker comes as jars), or set KAFKA_BROKERS to a running broker.',
        { cause: error },
      )
    }
    const reason =
      error.stdout
        ?.split('\n')
        .find(line => line.includes('ERROR'))
        ?.trim() ?? error.message
    throw new LocalKafkaError('JARS_UNAVAILABLE', `Maven could not fetch Kafka's jars: ${reason}`, { cause: error })
  }
}
