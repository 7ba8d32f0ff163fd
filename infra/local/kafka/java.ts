import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { LocalKafkaError } from './localKafkaError.js'

const run = promisify(execFile)

/** The oldest Java the broker's jars run on. */
export const oldestJava = 17

/** A Java runtime of this machine; `major` is 8 for what calls itself 1.8. */
export interface Java {
  /** Path or name of the executable. */
  readonly command: string
  readonly major: number
  /** The whole version, e.g. `17.0.15+6-Debian-1deb12u1`: what a class archive is valid for. */
  readonly build: string
}

/**
 * The environment of a Java process. In a locale without an encoding, as services and containers have, Java reads and
 * writes names of files as ASCII, and finds no folder with another letter in its name.
 */
export function javaEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C.UTF-8' }
}

/**
 * Finds Java by JAVA_HOME, else on the PATH.
 * @throws LocalKafkaError JAVA_MISSING when there is none, or only an older one
 */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const home = env['JAVA_HOME']
  const candidates =
    home !== undefined && existsSync(join(home, 'bin', 'java')) ? [join(home, 'bin', 'java'), 'java'] : ['java']
  let found: number | undefined
  for (const command of candidates) {
    const text = await run(command, ['-version']).then(
      out => out.stderr + out.stdout,
      () => '',
    )
    const java = parseJavaVersion(text)
    if (java === undefined) continue
    if (java.major >= oldestJava) return { command, ...java }
    found ??= java.major
  }
  throw new LocalKafkaError(
    'JAVA_MISSING',
    (found === undefined ? 'No Java was found' : `Java ${found} is too old for the Kafka broker`) +
      `. Install Java ${oldestJava} or newer (and Maven), or set KAFKA_BROKERS to a broker that runs already.`,
    { data: { found } },
  )
}

/** Reads what `java -version` prints. */
export function parseJavaVersion(text: string): Omit<Java, 'command'> | undefined {
  const version = /version "(\d+)(?:\.(\d+))?[^"]*"/.exec(text)
  if (version === null) return undefined
  const major = version[1] === '1' ? Number(version[2]) : Number(version[1])
  const build = /\(build ([^)\s,]+)/.exec(text)?.[1] ?? version[0]
  return { major, build }
}
