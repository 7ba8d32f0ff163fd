import { brokerJars, defaultLibsFolder } from '../../infra/local/kafka/index.js'
import { consoleLogger } from '../../shared/telemetry/index.js'

/** Fetches the broker's jars before test files need them side by side. Nothing to do once they are there. */
export async function setup(): Promise<void> {
  await brokerJars(defaultLibsFolder(), consoleLogger())
}
