import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { brokerJars, defaultLibsFolder, findJava, javaEnvironment } from '../../infra/local/kafka/index.js'
import { silentLogger } from '../../shared/telemetry/index.js'

const run = promisify(execFile)

/** Runs test/harness/java/KafkaFixture.java on the broker's own jars: what it writes is what Java's client writes. */
export async function javaClient(...args: readonly string[]): Promise<void> {
  const java = await findJava()
  const libs = await brokerJars(defaultLibsFolder(), silentLogger)
  const program = join(import.meta.dirname, 'java', 'KafkaFixture.java')
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
  await run(java.command, [...jvm, '-cp', join(libs, '*'), program, ...args], {
    timeout: 300_000,
    env: javaEnvironment(),
  })
}
